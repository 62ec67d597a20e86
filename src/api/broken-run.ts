import type { BrokenRun } from '../core/analysis/index.ts';
import { identityOfName, rolloutOfRunSchema } from '../core/analysis/index.ts';
import type { KubeObject } from '../kube/object.ts';
import type { FieldError } from './errors.ts';
import { summaryOf } from './errors.ts';
import { at } from './raw.ts';
import { readRunStatus } from './status.ts';

/** What is left to say of an AnalysisRun that does not decode: whose it is, by its spec or else by its name, and where it stood. */
export function readBrokenRun(object: KubeObject, errors: readonly FieldError[], owner: string | undefined): BrokenRun {
  const { namespace = '', name, uid, resourceVersion, deletionTimestamp } = object.metadata;
  const made = rolloutOfRunSchema.safeParse(at(object, 'spec', 'rollout'));
  const identity = owner === undefined ? undefined : identityOfName(name);
  const named = identity === undefined || owner === undefined ? undefined : { ...identity, name: owner };
  return {
    ...{ namespace, name, uid, resourceVersion },
    isDeleting: deletionTimestamp !== undefined,
    problem: `does not decode: ${summaryOf(errors, 1900)}`,
    rollout: made.success ? made.data : named,
    status: readRunStatus(at(object, 'status')),
  };
}

import { readRolloutStatus, textAt } from '../../api/index.ts';
import { at, numberAt } from '../../api/raw.ts';
import type { RolloutStatus } from '../../core/rollout.ts';
import type { PodTemplate } from '../../core/world.ts';
import type { KubeObject } from '../../kube/index.ts';
import { isObject } from '../../lib/index.ts';

/** What is read of a Rollout, valid or not: one that is invalid has a status, too. */
export interface Seen {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  readonly isDeleting: boolean;
  readonly workload: string | undefined;
  readonly template: PodTemplate | undefined;
  readonly trackConfig: string;
  readonly status: RolloutStatus;
}

export function seenOf(object: KubeObject): Seen {
  const template = at(object, 'spec', 'template');
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    generation: numberAt(object, 'metadata', 'generation') ?? 0,
    isDeleting: object.metadata.deletionTimestamp !== undefined,
    workload: textAt(object, 'spec', 'workloadRef', 'name'),
    template: isObject(template) ? template : undefined,
    trackConfig: textAt(object, 'spec', 'trackConfig') ?? 'ConfigMaps',
    status: readRolloutStatus(object.status).value,
  };
}

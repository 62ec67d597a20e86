import type { FieldError } from '../api/index.ts';
import { decodeAnalysisRun, readBrokenRun } from '../api/index.ts';
import type { AnalysisRun, BrokenRun } from '../core/analysis/index.ts';
import type { KubeObject } from '../kube/index.ts';
import type { Result } from '../lib/index.ts';

export interface RunRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly decoded: Result<AnalysisRun, readonly FieldError[]>;
  /** Of one that does not decode. */
  readonly broken?: BrokenRun | undefined;
  readonly rolloutName: string | undefined;
  readonly rolloutUid: string | undefined;
}

export function projectRun(object: KubeObject): RunRecord {
  const decoded = decodeAnalysisRun(object);
  const { metadata } = object;
  const owner = metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Rollout' && controller === true);
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    decoded,
    broken: decoded.ok ? undefined : readBrokenRun(object, decoded.failure, owner?.name),
    rolloutName: owner?.name,
    rolloutUid: owner?.uid,
  };
}

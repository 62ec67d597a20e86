import type { Split } from '../../core/split.ts';
import type { KubeObject, ObjectMeta } from '../../kube/index.ts';
import { projectSplit, type SplitRecord } from '../smi/record.ts';

/** web: 10 % to the canary, stable last. */
export const aSplit = (canaryPercent: number): Split => ({
  root: 'web',
  backends: [
    { service: 'web-canary', weight: canaryPercent },
    { service: 'web-stable', weight: 100 - canaryPercent },
  ],
});

export const owner = { namespace: 'shop', name: 'web', uid: 'uid-of-rollout' };

export interface SplitFields {
  readonly name?: string;
  readonly namespace?: string;
  readonly service?: string;
  readonly backends?: readonly (readonly [service: string, weight: unknown])[];
  readonly matches?: readonly unknown[];
  readonly metadata?: Partial<ObjectMeta>;
}

/** A TrafficSplit as somebody else might have written it. */
export const aTrafficSplit = (fields: SplitFields = {}): KubeObject => ({
  apiVersion: 'split.smi-spec.io/v1alpha4',
  kind: 'TrafficSplit',
  metadata: {
    name: fields.name ?? 'web',
    namespace: fields.namespace ?? 'shop',
    uid: 'uid-of-split',
    resourceVersion: '7',
    ...fields.metadata,
  },
  spec: {
    service: fields.service ?? 'web',
    backends: (fields.backends ?? [['web-stable', 100]]).map(([service, weight]) => ({ service, weight })),
    ...(fields.matches === undefined ? {} : { matches: fields.matches }),
  },
});

export const aRecord = (fields: SplitFields = {}): SplitRecord => projectSplit(aTrafficSplit(fields));

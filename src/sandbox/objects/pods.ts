import type { OwnerReference } from '../../kube/index.ts';
import type { Meta, Pod } from './types.ts';

export const controllerOf = ({ ownerReferences }: Meta): OwnerReference | undefined =>
  ownerReferences?.find((reference) => reference.controller === true);

export const isDeleting = ({ metadata }: { readonly metadata: Meta }): boolean => metadata.deletionTimestamp !== undefined;

/** Its containers have ended for good. */
export const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

const readyCondition = ({ status }: Pod) => status?.conditions?.find(({ type }) => type === 'Ready');

export const isReady = (pod: Pod): boolean => readyCondition(pod)?.status === 'True';

/** Since when it is ready, in milliseconds since the epoch; undefined where it is not. */
export function readySinceMs(pod: Pod): number | undefined {
  const condition = readyCondition(pod);
  if (condition?.status !== 'True') return undefined;
  return condition.lastTransitionTime === undefined ? 0 : Date.parse(condition.lastTransitionTime);
}

/** The name of its Deployment: a ReplicaSet is named after it and the hash of its template. A pod of nobody is its own workload. */
export function workloadOf({ metadata }: Pod): string {
  const owner = controllerOf(metadata)?.name ?? metadata.name;
  const hash = metadata.labels?.['pod-template-hash'];
  return hash !== undefined && owner.endsWith(`-${hash}`) ? owner.slice(0, -hash.length - 1) : owner;
}

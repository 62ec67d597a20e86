// Which pods of a ReplicaSet to make and to delete, and what it says of them.
import {
  type Condition,
  hasAll,
  isDeleting,
  isOver,
  isReady,
  type Pod,
  type ReplicaSet,
  readySinceMs,
  timeText,
} from '../../objects/index.ts';

export const burst = 500;

/** Pods that count: not over, and not on their way out. */
export const isActivePod = (pod: Pod): boolean => !isOver(pod) && !isDeleting(pod);

/** The ones that are missed least: not placed, not running, not ready, cheap by their own word, young. */
export function toDelete(active: readonly Pod[], count: number): readonly Pod[] {
  return active.toSorted(byWorth).slice(0, count);
}

function byWorth(left: Pod, right: Pod): number {
  return (
    order(isPlaced(left), isPlaced(right)) ||
    order(phaseRank(left), phaseRank(right)) ||
    order(isReady(left), isReady(right)) ||
    order(deletionCost(left), deletionCost(right)) ||
    // Those that became ready last go first, and so do those that restarted most.
    order(readySinceMs(right) ?? 0, readySinceMs(left) ?? 0) ||
    order(restarts(right), restarts(left)) ||
    order(Date.parse(right.metadata.creationTimestamp ?? ''), Date.parse(left.metadata.creationTimestamp ?? ''))
  );
}

const order = (left: number | boolean, right: number | boolean): number => Number(left) - Number(right);
const isPlaced = ({ spec }: Pod): boolean => spec.nodeName !== undefined && spec.nodeName !== '';
const phaseRank = ({ status }: Pod): number => (status?.phase === 'Running' ? 2 : status?.phase === 'Unknown' ? 1 : 0);
const deletionCost = ({ metadata }: Pod): number => Number(metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0;
const restarts = ({ status }: Pod): number => Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount = 0 }) => restartCount));

export interface PodCounts {
  readonly status: NonNullable<ReplicaSet['status']>;
  /** When the next ready pod has been so for long enough to be available. */
  readonly checkAfterMs: number | undefined;
}

export function countPods(
  { metadata, spec, status }: ReplicaSet,
  active: readonly Pod[],
  failure: Condition | undefined,
  nowMs: number,
): PodCounts {
  const minReadyMs = 1_000 * (spec.minReadySeconds ?? 0);
  const ready = active.flatMap((pod) => readySinceMs(pod) ?? []);
  const waits = ready.map((sinceMs) => sinceMs + minReadyMs - nowMs).filter((waitMs) => minReadyMs > 0 && waitMs > 0);
  const others = (status?.conditions ?? []).filter(({ type }) => type !== 'ReplicaFailure');
  const known = status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  const kept = failure !== undefined && known?.reason === failure.reason ? known : failure;
  const conditions = kept === undefined ? others : [...others, kept];
  return {
    status: {
      replicas: active.length,
      ...above0({
        fullyLabeledReplicas: active.filter((pod) => hasAll(spec.template.metadata?.labels ?? {}, pod.metadata.labels)).length,
        readyReplicas: ready.length,
        availableReplicas: ready.length - waits.length,
        observedGeneration: metadata.generation ?? 0,
      }),
      ...(conditions.length === 0 ? {} : { conditions }),
    },
    checkAfterMs: waits.length === 0 ? undefined : Math.min(...waits),
  };
}

/** The API leaves zeros out. */
const above0 = (counts: Readonly<Record<string, number>>) => Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

export const failureOf = (reason: 'FailedCreate' | 'FailedDelete', message: string, nowMs: number): Condition => ({
  ...{ type: 'ReplicaFailure', status: 'True', reason, message },
  lastTransitionTime: timeText(nowMs),
});

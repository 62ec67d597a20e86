import { labels, textAt } from '../../api/index.ts';
import { at, listAt, numberAt } from '../../api/raw.ts';
import type { KubeObject } from '../../kube/index.ts';

export interface PodView {
  readonly name: string;
  readonly revision: string;
  /** As kubectl shows it: Running, CrashLoopBackOff, Terminating. */
  readonly state: string;
  readonly isReady: boolean;
  readonly ready: number;
  readonly containers: number;
  readonly restarts: number;
  readonly createdAt: string | undefined;
}

export function podOf(pod: KubeObject): PodView {
  const statuses = listAt(pod, 'status', 'containerStatuses');
  const ready = statuses.filter((status) => at(status, 'ready') === true).length;
  const isReady = listAt(pod, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  );
  return {
    name: pod.metadata.name,
    revision: pod.metadata.labels?.[labels.revision] ?? '',
    state: stateOf(pod, statuses),
    isReady: isReady && pod.metadata.deletionTimestamp === undefined,
    ready,
    containers: Math.max(statuses.length, listAt(pod, 'spec', 'containers').length),
    restarts: statuses.reduce<number>((sum, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0),
    createdAt: pod.metadata.creationTimestamp,
  };
}

function stateOf(pod: KubeObject, statuses: readonly unknown[]): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const reasons = statuses.flatMap(
    (status) => textAt(status, 'state', 'waiting', 'reason') ?? textAt(status, 'state', 'terminated', 'reason') ?? [],
  );
  return reasons[0] ?? textAt(pod, 'status', 'reason') ?? textAt(pod, 'status', 'phase') ?? 'Unknown';
}

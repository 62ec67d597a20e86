// What a Deployment says of itself: available, progressing, stuck.
import { type Condition, type Deployment, type DeploymentStatus, type ReplicaSet, timeText } from '../../objects/index.ts';
import { availableReplicas, bounds, specReplicas } from './counts.ts';

const reasons = {
  created: 'NewReplicaSetCreated',
  found: 'FoundNewReplicaSet',
  updated: 'ReplicaSetUpdated',
  complete: 'NewReplicaSetAvailable',
  timedOut: 'ProgressDeadlineExceeded',
  paused: 'DeploymentPaused',
  resumed: 'DeploymentResumed',
} as const;

/** Beyond this a deadline is as good as none, as in Kubernetes. */
const noDeadlineSeconds = 2_147_483_647;

export interface Observed {
  readonly deployment: Deployment;
  readonly newest: ReplicaSet | undefined;
  readonly all: readonly ReplicaSet[];
  /** The name of a ReplicaSet that this very pass has made. */
  readonly created: string | undefined;
  readonly nowMs: number;
}

const find = (conditions: readonly Condition[], type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type);

const statusReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, { status }) => sum + (status?.replicas ?? 0), 0);
const readyReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, { status }) => sum + (status?.readyReplicas ?? 0), 0);

export interface NextStatus {
  readonly status: DeploymentStatus;
  /** When the deadline is over, unless something moves. */
  readonly checkAfterMs: number | undefined;
}

/** `isRollout`: the pass looked after a rollout, and not only after counts. */
export function nextStatus(observed: Observed, isRollout: boolean): NextStatus {
  const { deployment, newest, all, nowMs } = observed;
  const available = availableReplicas(all);
  const counts = above0({
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: statusReplicas(all),
    updatedReplicas: newest === undefined ? 0 : statusReplicas([newest]),
    readyReplicas: readyReplicas(all),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, specReplicas(all) - available),
    collisionCount: deployment.status?.collisionCount ?? 0,
  });
  let conditions = paused(observed, deployment.status?.conditions ?? []);
  conditions = set(conditions, availability(deployment, available), nowMs);
  if (isRollout) conditions = progress(observed, counts, conditions);
  conditions = failure(all, conditions, nowMs);
  const status = { ...counts, conditions };
  return { status, checkAfterMs: isRollout ? untilDeadline(deployment, status, nowMs) : undefined };
}

/** The API leaves zeros out. */
const above0 = (counts: DeploymentStatus): DeploymentStatus =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

const hasDeadline = ({ spec }: Deployment): boolean => (spec.progressDeadlineSeconds ?? noDeadlineSeconds) !== noDeadlineSeconds;

function paused({ deployment, nowMs }: Observed, conditions: readonly Condition[]): readonly Condition[] {
  const known = find(conditions, 'Progressing');
  if (!hasDeadline(deployment) || known?.reason === reasons.timedOut) return conditions;
  const wasPaused = known?.reason === reasons.paused;
  const isPaused = deployment.spec.paused === true;
  if (isPaused === wasPaused) return conditions;
  return set(
    conditions,
    {
      ...{ type: 'Progressing', status: 'Unknown', reason: isPaused ? reasons.paused : reasons.resumed },
      message: isPaused ? 'Deployment is paused' : 'Deployment is resumed',
    },
    nowMs,
  );
}

const availability = (deployment: Deployment, available: number): Condition =>
  available >= deployment.spec.replicas - bounds(deployment).maxUnavailable
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };

function progress(observed: Observed, counts: DeploymentStatus, given: readonly Condition[]): readonly Condition[] {
  const { deployment, newest, created, nowMs } = observed;
  if (!hasDeadline(deployment)) return given.filter(({ type }) => type !== 'Progressing');
  const name = created ?? newest?.metadata.name ?? '';
  const say = (status: string, reason: string, message: string): Condition => ({ type: 'Progressing', status, reason, message });
  let conditions = given;
  if (created !== undefined) conditions = set(conditions, say('True', reasons.created, `Created new replica set "${name}"`), nowMs);
  else if (newest !== undefined && find(conditions, 'Progressing') === undefined)
    conditions = set(conditions, say('True', reasons.found, `Found new replica set "${name}"`), nowMs);
  const known = find(conditions, 'Progressing');
  const wasComplete = (counts.replicas ?? 0) === (counts.updatedReplicas ?? 0) && known?.reason === reasons.complete;
  if (wasComplete) return conditions;
  if (isComplete(deployment, counts))
    return set(conditions, say('True', reasons.complete, `ReplicaSet "${name}" has successfully progressed.`), nowMs);
  if (hasMoved(deployment.status ?? {}, counts)) {
    const moved = say('True', reasons.updated, `ReplicaSet "${name}" is progressing.`);
    const since = known?.status === 'True' ? known.lastTransitionTime : undefined;
    const others = conditions.filter(({ type }) => type !== 'Progressing');
    return [...others, { ...stampedNow(moved, nowMs), ...(since === undefined ? {} : { lastTransitionTime: since }) }];
  }
  return isLate(deployment, known, nowMs)
    ? set(conditions, say('False', reasons.timedOut, `ReplicaSet "${name}" has timed out progressing.`), nowMs)
    : conditions;
}

export const isComplete = ({ spec, metadata }: Deployment, status: DeploymentStatus): boolean =>
  (status.updatedReplicas ?? 0) === spec.replicas &&
  (status.replicas ?? 0) === spec.replicas &&
  (status.availableReplicas ?? 0) === spec.replicas &&
  (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);

function hasMoved(before: DeploymentStatus, now: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas;
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

const deadlineMs = ({ spec }: Deployment, { lastUpdateTime = '' }: Condition): number =>
  Date.parse(lastUpdateTime) + 1_000 * (spec.progressDeadlineSeconds ?? noDeadlineSeconds);

function isLate(deployment: Deployment, known: Condition | undefined, nowMs: number): boolean {
  if (known === undefined || known.reason === reasons.complete) return false;
  return known.reason === reasons.timedOut || deadlineMs(deployment, known) < nowMs;
}

function untilDeadline(deployment: Deployment, status: DeploymentStatus, nowMs: number): number | undefined {
  const known = find(status.conditions ?? [], 'Progressing');
  if (!hasDeadline(deployment) || known === undefined || known.reason === reasons.complete || known.reason === reasons.timedOut)
    return undefined;
  return Math.max(0, deadlineMs(deployment, known) - nowMs) + 1_000;
}

/** That a ReplicaSet cannot make its pods is told further up. */
function failure(all: readonly ReplicaSet[], conditions: readonly Condition[], nowMs: number): readonly Condition[] {
  const found = all.flatMap(({ status }) => find(status?.conditions ?? [], 'ReplicaFailure') ?? [])[0];
  if (found === undefined) return conditions.filter(({ type }) => type !== 'ReplicaFailure');
  const { reason = '', message = '' } = found;
  return set(conditions, { type: 'ReplicaFailure', status: found.status, reason, message }, nowMs);
}

/** Takes the condition in, unless it says the same as before; times move with what they are the times of. */
function set(conditions: readonly Condition[], next: Condition, nowMs: number): readonly Condition[] {
  const known = find(conditions, next.type);
  if (known?.status === next.status && known.reason === next.reason) return conditions;
  const since = known?.status === next.status ? known.lastTransitionTime : undefined;
  const others = conditions.filter(({ type }) => type !== next.type);
  return [...others, { ...stampedNow(next, nowMs), ...(since === undefined ? {} : { lastTransitionTime: since }) }];
}

const stampedNow = (condition: Condition, nowMs: number): Condition => ({
  ...condition,
  lastUpdateTime: timeText(nowMs),
  lastTransitionTime: timeText(nowMs),
});

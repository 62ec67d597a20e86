// How many pods each ReplicaSet of a Deployment should have: the arithmetic of a rolling update.
import type { Deployment, ReplicaSet } from '../../objects/index.ts';
import { annotations } from './revisions.ts';

export interface Scaling {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
}

export const specReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, { spec }) => sum + spec.replicas, 0);
export const availableReplicas = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);

export const isActive = ({ spec }: ReplicaSet): boolean => spec.replicas > 0;
export const isRolling = ({ spec }: Deployment): boolean => (spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';

/** Surge rounds up, what may be missing rounds down; both zero would leave no way to begin. */
export function bounds(deployment: Deployment): { readonly maxSurge: number; readonly maxUnavailable: number } {
  const { replicas, strategy } = deployment.spec;
  if (!isRolling(deployment) || replicas === 0) return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {};
  const surge = resolved(maxSurge, replicas, Math.ceil);
  const unavailable = resolved(maxUnavailable, replicas, Math.floor);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) };
}

function resolved(value: number | string, total: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number(value.replace('%', '')) * total) / 100);
}

/** What the new ReplicaSet should have, next to what the others still have. */
export function newReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const { replicas } = deployment.spec;
  if (!isRolling(deployment)) return replicas;
  const room = replicas + bounds(deployment).maxSurge - specReplicas(all);
  return room <= 0 ? current : current + Math.max(0, Math.min(room, replicas - current));
}

/** How far the old ones may go down now: first what is not healthy anyway, then what the new ones make up for. */
export function scaleDownOld(deployment: Deployment, newest: ReplicaSet, old: readonly ReplicaSet[]): readonly Scaling[] {
  if (specReplicas(old) === 0) return [];
  const minAvailable = deployment.spec.replicas - bounds(deployment).maxUnavailable;
  const newUnavailable = newest.spec.replicas - (newest.status?.availableReplicas ?? 0);
  const spare = specReplicas([newest, ...old]) - minAvailable - newUnavailable;
  if (spare <= 0) return [];
  const left = new Map(old.toSorted(byAge).map((set) => [set, set.spec.replicas]));
  let unhealthy = spare;
  for (const [set, replicas] of left) {
    const down = Math.min(unhealthy, replicas - (set.status?.availableReplicas ?? 0));
    if (down <= 0) continue;
    left.set(set, replicas - down);
    unhealthy -= down;
  }
  let surplus = availableReplicas([newest, ...old]) - minAvailable;
  for (const [set, replicas] of left) {
    const down = Math.max(0, Math.min(surplus, replicas));
    left.set(set, replicas - down);
    surplus -= down;
  }
  return [...left].flatMap(([replicaSet, replicas]) => (replicas === replicaSet.spec.replicas ? [] : [{ replicaSet, replicas }]));
}

/** A new count for the whole, in the middle of a rollout: everybody gets their share of it. */
export function scaleAll(deployment: Deployment, newest: ReplicaSet | undefined, old: readonly ReplicaSet[]): readonly Scaling[] {
  const { replicas } = deployment.spec;
  const active = [...(newest === undefined ? [] : [newest]), ...old].filter(isActive);
  const only = active.length <= 1 ? (active[0] ?? newest ?? latest(old)) : undefined;
  if (active.length <= 1) return only === undefined || only.spec.replicas === replicas ? [] : [{ replicaSet: only, replicas }];
  if (newest !== undefined && isSaturated(deployment, newest))
    return old.filter(isActive).map((replicaSet) => ({ replicaSet, replicas: 0 }));
  return isRolling(deployment) ? proportional(deployment, active) : [];
}

function proportional(deployment: Deployment, active: readonly ReplicaSet[]): readonly Scaling[] {
  const { replicas } = deployment.spec;
  const allowed = replicas > 0 ? replicas + bounds(deployment).maxSurge : 0;
  const toAdd = allowed - specReplicas(active);
  const ordered = active.toSorted(
    (left, right) => right.spec.replicas - left.spec.replicas || (toAdd > 0 ? byAge(right, left) : byAge(left, right)),
  );
  let added = 0;
  const sizes = ordered.map((replicaSet) => {
    const share = toAdd === 0 ? 0 : clampShare(fractionOf(deployment, replicaSet), toAdd - added, toAdd);
    added += share;
    return { replicaSet, replicas: replicaSet.spec.replicas + share };
  });
  return sizes.map((size, index) => (index === 0 ? { ...size, replicas: Math.max(0, size.replicas + toAdd - added) } : size));
}

const clampShare = (fraction: number, left: number, toAdd: number): number =>
  toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);

/** The change that keeps its part of the whole what it was before. */
function fractionOf(deployment: Deployment, { spec, metadata }: ReplicaSet): number {
  const { replicas } = deployment.spec;
  if (replicas === 0) return -spec.replicas;
  const before = Number(metadata.annotations?.[annotations.maxReplicas] ?? 0) || (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((spec.replicas * (replicas + bounds(deployment).maxSurge)) / before) - spec.replicas;
}

const isSaturated = ({ spec }: Deployment, set: ReplicaSet): boolean =>
  set.spec.replicas === spec.replicas &&
  Number(set.metadata.annotations?.[annotations.desiredReplicas]) === spec.replicas &&
  set.status?.availableReplicas === spec.replicas;

export const byAge = (left: ReplicaSet, right: ReplicaSet): number => {
  const [a, b] = [left.metadata.creationTimestamp ?? '', right.metadata.creationTimestamp ?? ''];
  if (a !== b) return a < b ? -1 : 1;
  return left.metadata.name < right.metadata.name ? -1 : 1;
};

const latest = (sets: readonly ReplicaSet[]): ReplicaSet | undefined => sets.toSorted(byAge).at(-1);

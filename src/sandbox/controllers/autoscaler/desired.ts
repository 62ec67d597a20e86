// How many replicas an autoscaler wants: the arithmetic of autoscaling/v2.
import type { Autoscaler } from '../../objects/index.ts';

/** A count that was wanted at a moment. */
export interface Wish {
  readonly atMs: number;
  readonly replicas: number;
}

export interface Reckoning {
  readonly autoscaler: Autoscaler;
  readonly current: number;
  /** What is used in terms of what should be: 1 is right; undefined: nobody knows. */
  readonly usage: number | undefined;
  /** Earlier wishes and counts, oldest first. */
  readonly wishes: readonly Wish[];
  readonly counts: readonly Wish[];
  readonly nowMs: number;
  /** How long it waits before it goes down, where the autoscaler does not say. */
  readonly steadyMs: number;
}

export interface Desired {
  /** Before anything held it back. */
  readonly wish: number;
  readonly replicas: number;
  readonly isLimited: boolean;
}

const tolerance = 0.1;
type Rules = NonNullable<NonNullable<Autoscaler['spec']['behavior']>['scaleUp']>;
const defaultUp: Rules = {
  stabilizationWindowSeconds: 0,
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const defaultDown: Rules = { policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] };

export function desiredReplicas(reckoning: Reckoning): Desired | undefined {
  const { autoscaler, current, usage } = reckoning;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  if (current > maxReplicas) return { wish: maxReplicas, replicas: maxReplicas, isLimited: true };
  if (current < minReplicas) return { wish: minReplicas, replicas: minReplicas, isLimited: true };
  if (usage === undefined) return undefined;
  const wish = Math.abs(usage - 1) <= tolerance ? current : Math.ceil(current * usage);
  const steady = stabilised(reckoning, wish);
  const replicas = Math.min(maxReplicas, Math.max(minReplicas, withinPolicies(reckoning, steady)));
  return { wish, replicas, isLimited: replicas !== steady };
}

/** Down only as far as every wish of its window allows, and up likewise. */
function stabilised({ autoscaler, current, wishes, nowMs, steadyMs }: Reckoning, wish: number): number {
  const { scaleUp, scaleDown } = autoscaler.spec.behavior ?? {};
  const within = ({ stabilizationWindowSeconds = 0 }: Rules) =>
    wishes.filter(({ atMs }) => atMs >= nowMs - 1_000 * stabilizationWindowSeconds).map(({ replicas }) => replicas);
  const atMost = Math.min(wish, ...within({ ...defaultUp, ...scaleUp }));
  const atLeast = Math.max(wish, ...within({ ...defaultDown, stabilizationWindowSeconds: steadyMs / 1_000, ...scaleDown }));
  return Math.max(atMost, Math.min(current, atLeast));
}

function withinPolicies({ autoscaler, current, counts, nowMs }: Reckoning, wanted: number): number {
  const { scaleUp, scaleDown } = autoscaler.spec.behavior ?? {};
  const isUp = wanted > current;
  const rules = isUp ? { ...defaultUp, ...scaleUp } : { ...defaultDown, ...scaleDown };
  if (wanted === current || rules.selectPolicy === 'Disabled') return current;
  const limits = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const sinceMs = nowMs - 1_000 * periodSeconds;
    // What the period began with: changes inside it count against the policy.
    const began = counts.findLast(({ atMs }) => atMs <= sinceMs)?.replicas ?? counts[0]?.replicas ?? current;
    const change = type === 'Pods' ? value : (began * value) / 100;
    return isUp ? Math.ceil(began + change) : Math.floor(began - change);
  });
  if (limits.length === 0) return wanted;
  const widest = isUp === (rules.selectPolicy !== 'Min') ? Math.max(...limits) : Math.min(...limits);
  return isUp ? Math.max(current, Math.min(wanted, widest)) : Math.min(current, Math.max(wanted, widest));
}

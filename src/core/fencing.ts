import type { World } from './world.ts';

/**
 * The highest epoch that has written this Rollout: its status, or the split that is ours. A leader that is older than it has been replaced, whatever its own
 * watches have brought so far; they lag one by one (law 2).
 */
export function writtenEpoch({ rollout, traffic }: Pick<World, 'rollout' | 'traffic'>): number {
  const split = traffic.kind === 'usable' && traffic.split.kind === 'present' ? traffic.split : undefined;
  const ofSplit = split?.ownership.kind === 'ours' ? (split.stamp?.epoch ?? 0) : 0;
  return Math.max(rollout.status.epoch ?? 0, ofSplit);
}

import type { Random } from '../../../../lib/index.ts';
import type { Arm } from '../counts.ts';
import type { Buckets } from '../histogram.ts';

/** How many of `total` happen, each with probability `rate`: by the gaps between them, so that rare ones cost little. */
export function binomial(random: Random, total: number, rate: number): number {
  if (rate <= 0) return 0;
  if (rate >= 1) return total;
  let count = -1;
  for (let at = -1; at < total; count += 1) at += 1 + Math.floor(Math.log(1 - random.next()) / Math.log1p(-rate));
  return count;
}

export const anArm = (random: Random, total: number, errorRate: number): Arm => ({
  successes: total - binomial(random, total, errorRate),
  total,
});

/** Exponential latencies with this mean, in buckets. */
export function buckets(random: Random, total: number, meanMs: number, bounds: readonly number[]): Buckets {
  const cumulative = bounds.map(() => 0);
  for (let request = 0; request < total; request += 1) {
    const ms = -meanMs * Math.log(1 - random.next());
    for (const [index, bound] of bounds.entries()) if (ms <= bound) cumulative[index] = (cumulative[index] ?? 0) + 1;
  }
  return { cumulative, total };
}

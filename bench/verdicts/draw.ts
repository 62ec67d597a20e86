// Random numbers of the simulation, from one seeded source.
import type { Random } from '../../src/lib/index.ts';

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Exact, by the gaps between the hits: rare ones cost little. */
export function binomial(random: Random, total: number, rate: number): number {
  if (rate <= 0) return 0;
  if (rate >= 1) return total;
  const scale = Math.log1p(-rate);
  let count = -1;
  for (let at = -1; at < total; count += 1) at += 1 + Math.floor(Math.log(1 - random.next()) / scale);
  return count;
}

/** Arrivals; above 500 by the normal distribution, since how many requests come is not what is tested. */
export function poisson(random: Random, mean: number): number {
  if (mean > 500) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let [count, left] = [-1, mean];
  for (; left > 0; count += 1) left += Math.log(1 - random.next());
  return count;
}

/** Gamma with mean 1 and this coefficient of variation (Marsaglia and Tsang 2000). */
export function gamma(random: Random, variation: number): number {
  const shape = variation ** -2;
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const boost = shape < 1 ? (1 - random.next()) ** (1 / shape) : 1;
  for (;;) {
    const z = normal(random);
    const v = (1 + z / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < (z * z) / 2 + d - d * v + d * Math.log(v)) return (boost * d * v) / shape;
  }
}

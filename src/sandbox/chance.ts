import { type Random, seededRandom } from '../lib/index.ts';

/** A source of its own, so that what one actor draws does not change what another one does. */
export const fork = (random: Random): Random => seededRandom(Math.floor(random.next() * 4_294_967_296));

/** Least and greatest, both possible. */
export type Range = readonly [least: number, greatest: number];

/** A whole number of the range, each as likely. Draws nothing where there is no choice. */
export function drawFrom(random: Random, [least, greatest]: Range): number {
  return greatest <= least ? least : least + Math.floor(random.next() * (greatest - least + 1));
}

/** How many events happen where `mean` are expected. */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count += 1;
  return count;
}

const many = 40;

/** How many of `count` trials of this probability succeed. 0 and 1 are certain, and draw nothing. */
export function binomial(random: Random, count: number, probability: number): number {
  if (count <= 0 || probability <= 0) return 0;
  if (probability >= 1) return count;
  if (probability > 0.5) return count - binomial(random, count, 1 - probability);
  const mean = count * probability;
  if (mean > many) {
    const drawn = Math.round(mean + Math.sqrt(mean * (1 - probability)) * normal(random));
    return Math.min(count, Math.max(0, drawn));
  }
  return rareSuccesses(random, count, probability);
}

/** Skips from success to success: as many draws as there are successes, and one. */
function rareSuccesses(random: Random, count: number, probability: number): number {
  const scale = 1 / Math.log(1 - probability);
  let successes = 0;
  let at = 0;
  for (;;) {
    at += Math.floor(Math.log(1 - random.next()) * scale) + 1;
    if (at > count) return successes;
    successes += 1;
  }
}

/** Shares `count` out by weight; what has no weight gets none, and all of it is shared where any weight is above zero. */
export function multinomial(random: Random, count: number, weights: readonly number[]): number[] {
  let leftWeight = weights.reduce((sum, weight) => sum + weight, 0);
  let left = count;
  const last = weights.findLastIndex((weight) => weight > 0);
  return weights.map((weight, index) => {
    if (weight <= 0 || left === 0) return 0;
    const share = index === last ? left : binomial(random, left, weight / leftWeight);
    leftWeight -= weight;
    left -= share;
    return share;
  });
}

/** Standard normal, by Box and Muller. */
export const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

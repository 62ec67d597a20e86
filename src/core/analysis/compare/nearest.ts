/** Rates of errors of the two. */
export interface Rates {
  readonly canary: number;
  readonly stable: number;
}

/** Requests of the two in one window; those of Prometheus need not be whole. */
export interface Sizes {
  readonly canary: number;
  readonly stable: number;
}

const maxSteps = 60;

/**
 * The point of the line `canary - stable = loss` that is nearest to `bet` in Kullback-Leibler divergence, weighted by the sizes: the least favourable of the rates
 * that the null allows (the reverse information projection onto it). The divergence is convex along the line, so that its derivative has one root, which lies
 * between the bet's two ends; found by Newton's steps, halving where one leaves the bracket. Needs 0 < bet.stable < 1 - loss and 0 < bet.canary < 1.
 */
export function nearestOnLine(bet: Rates, loss: number, sizes: Sizes): Rates {
  const end = bet.canary - loss;
  let low = Math.max(0, Math.min(bet.stable, end));
  let high = Math.min(1 - loss, Math.max(bet.stable, end));
  let stable = (sizes.canary * end + sizes.stable * bet.stable) / (sizes.canary + sizes.stable);
  for (let step = 0; step < maxSteps && high > low; step += 1) {
    if (!(stable > low && stable < high)) stable = low + (high - low) / 2;
    const canary = stable + loss;
    const slope = sizes.canary * pull(bet.canary, canary) + sizes.stable * pull(bet.stable, stable);
    if (slope === 0) break;
    if (slope < 0) low = stable;
    else high = stable;
    const next = stable - slope / (sizes.canary * stiffness(bet.canary, canary) + sizes.stable * stiffness(bet.stable, stable));
    const isNear = Math.abs(next - stable) <= 1e-8 * stable;
    stable = next;
    // The error of the next one is of the order of the square.
    if (isNear) break;
  }
  return { canary: stable + loss, stable };
}

/** The derivative of the divergence of `at` from `rate`, and its derivative. */
const pull = (rate: number, at: number): number => (at - rate) / (at * (1 - at));
const stiffness = (rate: number, at: number): number => (at * at - 2 * rate * at + rate) / (at * (1 - at)) ** 2;

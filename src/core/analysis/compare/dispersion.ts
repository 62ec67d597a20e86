import type { Window } from './e-value.ts';

/** How much more the windows differ from each other than independent requests would. */
export interface Dispersion {
  /** Sum of the squared, standardised differences between one window and the next; each is 1 on average where requests are independent. */
  readonly sum: number;
  readonly count: number;
  readonly last?: Window;
}

export const noDispersion: Dispersion = { sum: 0, count: 0 };

/** Worth so many differences of 1, seen before the first. */
const prior = 2;
/** One difference counts no more than so many times what is believed: the beginning of a regression is one large step, and not weather. */
const most = 16;

/**
 * By how much the next window's counts are divided: 1 unless the past shows clearly (by two standard errors) that errors come in clusters, as by retries or by one bad
 * connection. This is the dispersion factor of quasi-likelihood, used like `inflation`: known before the window, and never below 1, so that it can only make
 * the e-value of independent requests smaller in the exponent, and their test stays valid; for those in clusters, it is what keeps it near to valid.
 */
export function clusterSize({ sum, count }: Dispersion): number {
  const total = prior + count;
  return Math.max(1, (prior + sum) / total - 2 * Math.sqrt(2 / total));
}

export function observe(dispersion: Dispersion, window: Window): Dispersion {
  const { last } = dispersion;
  const square = last === undefined ? undefined : squareOf(last, window);
  if (square === undefined) return { ...dispersion, last: window };
  return { sum: dispersion.sum + Math.min(square, most * clusterSize(dispersion)), count: dispersion.count + 1, last: window };
}

/** Of the change of the loss from one window to the next; what both sides meet together cancels out, a loss that stays does, too. */
function squareOf(before: Window, after: Window): number | undefined {
  const loss = ({ sizes, errors }: Window) => errors.canary / sizes.canary - errors.stable / sizes.stable;
  const variance = (side: 'canary' | 'stable') => {
    const rate = (before.errors[side] + after.errors[side]) / (before.sizes[side] + after.sizes[side]);
    return rate * (1 - rate) * (1 / before.sizes[side] + 1 / after.sizes[side]);
  };
  const expected = variance('canary') + variance('stable');
  return expected > 0 ? (loss(after) - loss(before)) ** 2 / expected : undefined;
}

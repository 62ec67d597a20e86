import { logLikelihoodRatio } from './bets.ts';
import { nearestOnLine, type Rates, type Sizes } from './nearest.ts';

/** What one window showed: errors of each, among `sizes`. */
export interface Window {
  readonly sizes: Sizes;
  readonly errors: Sizes;
}

/**
 * ln of an e-value of one window against the null "the canary loses at most `loss`" (`bet` loses more) or "at least" (`bet` loses less): its expectation is at most
 * one whatever the rates are that the null allows, so that a product over windows is a test supermartingale, and passes 1/alpha with probability alpha at most,
 * ever (Ville 1939). Turner, Ly and Grunwald, "Generic E-variables for exact sequential k-sample tests that allow for optional stopping", J. Statist. Plann.
 * Inference 230 (2024); for a null with an effect in it, Turner and Grunwald, "Exact anytime-valid confidence intervals for contingency tables and beyond", Statist.
 * Probab. Lett. 198 (2023): for a convex null the likelihood ratio of a bet against the rates of the null nearest to it is an e-variable.
 *
 * Why, for n requests of the canary and m of stable, bet (a, b), nearest point (A, B). A request that fails with probability t is worth 1 + (t - A) g on average, with
 * g = (a - A) / (A (1 - A)); for stable with h alike. As 1 + x <= e^x, the window is worth at most exp(n g (T - A) + m h (S - B)) with the *mean* rates T and S of
 * its requests: they need not be equal among each other, nor from window to window. The nearest point has n g + m h = 0, which leaves exp(n g ((T - S) - loss)), at
 * most 1 where the null holds, since g > 0 for bets above it and g < 0 for those below. What the root was missed by, r = n g + m h, may add |r|, and is taken off.
 *
 * Counts that are s <= 1 times what was counted keep this (E[X^s] <= E[X]^s); s > 1 does not: see `inflation`.
 */
export function logEValue(bet: Rates, loss: number, { sizes, errors }: Window): number {
  const at = nearestOnLine(bet, loss, sizes);
  if (!(at.stable > 0 && at.stable < 1 && at.canary > 0 && at.canary < 1)) return 0;
  const missedBy = sizes.canary * steepness(bet.canary, at.canary) + sizes.stable * steepness(bet.stable, at.stable);
  return (
    logLikelihoodRatio(errors.canary, sizes.canary, bet.canary, at.canary) +
    logLikelihoodRatio(errors.stable, sizes.stable, bet.stable, at.stable) -
    Math.abs(missedBy)
  );
}

const steepness = (bet: number, at: number): number => (bet - at) / (at * (1 - at));

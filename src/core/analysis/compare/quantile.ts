import { logLikelihoodRatio, logSumExp, logWeights, oddsRatios, withOdds } from './bets.ts';

/** Of one side, over all windows: the weight of the requests, and of those that took longer than each bound. */
export interface Slow {
  readonly weight: number;
  readonly longer: readonly number[];
}

/**
 * ln of the evidence that the quantile is above (1) or at most (-1) each bound: a bound is below the quantile exactly if more than 1 - quantile of the requests take
 * longer, so that each bound asks a Bernoulli stream with a known limit. Howard and Ramdas, "Sequential estimation of quantiles with applications to A/B testing and
 * best-arm identification", Bernoulli 28 (2022): their confidence sequence for one quantile does just this for every value at once. All bounds need no correction:
 * a false claim about any is one about the bound next to the true quantile, as the evidence falls (1) or rises (-1) from bound to bound. The mixture here is over the
 * bets of `bets.ts` in place of a Beta density. With weights w <= the count of the window and the mean share t of it: worth at most exp(w g (t - limit)), as in
 * `e-value.ts`; at any time the null is about the weighted mean of the shares up to then.
 */
export function quantileEvidence(quantile: number, { weight, longer }: Slow, direction: 1 | -1): readonly number[] {
  const limit = 1 - quantile;
  const bets = oddsRatios.map((ratio) => withOdds(limit, ratio ** direction));
  return longer.map((slow) => logSumExp(bets.map((bet, index) => (logWeights[index] ?? 0) + logLikelihoodRatio(slow, weight, bet, limit))));
}

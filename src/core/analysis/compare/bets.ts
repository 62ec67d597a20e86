/**
 * What a test bets on: how many times the odds of an error are those that the null allows at most. Weights sum to one and are densest between 1.3 and 3, where a
 * regression takes long enough to be worth a bet of its own; far larger ones are caught within some errors by any of the large bets.
 */
export const oddsRatios = [1.15, 1.35, 1.7, 2.3, 3.5, 7, 20, 100] as const;
const weights = [0.1, 0.22, 0.25, 0.19, 0.13, 0.06, 0.03, 0.02] as const;

export const logWeights: readonly number[] = weights.map(Math.log);

/** ln(sum of e^x): of wealth that no double could hold. */
export function logSumExp(logs: readonly number[]): number {
  const largest = logs.reduce((left, right) => Math.max(left, right), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0));
}

/** The rate whose odds are `ratio` times those of `rate`. */
export const withOdds = (rate: number, ratio: number): number => (rate * ratio) / (1 + rate * (ratio - 1));

/** ln of the likelihood ratio of `right` against `left` for `errors` among `total`, exact where the rates are tiny or near each other. */
export const logLikelihoodRatio = (errors: number, total: number, right: number, left: number): number =>
  errors * Math.log1p((right - left) / left) + (total - errors) * Math.log1p((left - right) / (1 - left));

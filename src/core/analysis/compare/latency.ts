import { ok, type Result } from '../../../lib/index.ts';
import { type LatencySample, slowShares } from './histogram.ts';
import { type CompareOptions, logNeeded, type Refusal, refused, type Verdict, type VerdictKind } from './options.ts';
import { quantileEvidence, type Slow } from './quantile.ts';
import { lossText, oddsText } from './text.ts';

export interface LatencyOptions extends CompareOptions {
  /** 0.99 for p99. */
  readonly quantile: number;
  /** Upper bounds of the buckets without `+Inf`, ascending, all above zero. */
  readonly bounds: readonly number[];
}

/**
 * The test of a quantile of two latencies from histograms: plain data of bounded size, that may be written to status and read back after any window.
 *
 * Worse: the canary's quantile is above one bound and stable's at most another, and those are at least minEffect apart; each claim at alpha / 2, both at one time.
 * Not worse: the canary's is at most a bound, and stable's above another, at most minEffect below it. Nothing is assumed of how latencies lie within a bucket: what
 * the bounds do not prove is not known. So a minEffect below the width of the bucket that holds the quantile is never found to be kept.
 *
 * Both sides have the same weight in each window, the smaller of their counts: what is compared is the latency of the traffic as the canary met it. Otherwise an
 * incident at a weight of 50 %, which hits both alike, would weigh more in the canary, which had little traffic before, than in stable.
 */
export interface LatencyState {
  readonly kind: 'latency';
  readonly alpha: number;
  readonly minEffect: number;
  readonly quantile: number;
  readonly bounds: readonly number[];
  readonly windows: number;
  readonly canary: Slow;
  readonly stable: Slow;
  /** The largest loss that was proven at any time: final. */
  readonly exceeded?: number;
}

/** Bounds, 0 < quantile < 1, 0 < alpha < 0.5 and minEffect >= 0 are the caller's promise. */
export function startLatency({ alpha, minEffect, quantile, bounds }: LatencyOptions): LatencyState {
  const none: Slow = { weight: 0, longer: bounds.map(() => 0) };
  return { kind: 'latency', alpha, minEffect, quantile, bounds, windows: 0, canary: none, stable: none };
}

export function addLatency(state: LatencyState, { canary, stable, inflation = 1 }: LatencySample): Result<LatencyState, Refusal> {
  if (!(inflation >= 1 && inflation < Number.POSITIVE_INFINITY)) return refused('invalid', `inflation ${inflation} is below 1`);
  const canaryShares = slowShares('canary', canary, state.bounds.length);
  const stableShares = slowShares('stable', stable, state.bounds.length);
  if (!canaryShares.ok && canaryShares.failure.kind === 'invalid') return canaryShares;
  if (!stableShares.ok) return stableShares;
  if (!canaryShares.ok) return canaryShares;
  const weight = Math.min(canary.total, stable.total) / inflation;
  const next = {
    ...state,
    windows: state.windows + 1,
    canary: plus(state.canary, weight, canaryShares.value),
    stable: plus(state.stable, weight, stableShares.value),
  };
  const { lower } = readingOf(next);
  return ok(lower === undefined ? next : { ...next, exceeded: Math.max(lower, state.exceeded ?? lower) });
}

const plus = (slow: Slow, weight: number, shares: readonly number[]): Slow => ({
  weight: slow.weight + weight,
  longer: slow.longer.map((longer, index) => longer + weight * (shares[index] ?? 0)),
});

/** Two claims make one verdict. */
const neededOf = (alpha: number): number => logNeeded(alpha / 2);

/** What is proven now, and how near the rest is. */
function readingOf({ alpha, minEffect, quantile, bounds, canary, stable }: LatencyState) {
  const needed = neededOf(alpha);
  const [canaryAbove, stableAbove] = [quantileEvidence(quantile, canary, 1), quantileEvidence(quantile, stable, 1)];
  const [canaryBelow, stableBelow] = [quantileEvidence(quantile, canary, -1), quantileEvidence(quantile, stable, -1)];
  const above = (evidence: readonly number[]) => bounds[evidence.findLastIndex((log) => log >= needed)];
  const below = (evidence: readonly number[]) => bounds[evidence.findIndex((log) => log >= needed)];
  const difference = (left: number | undefined, right: number | undefined) =>
    left === undefined || right === undefined ? undefined : left - right;
  return {
    lower: difference(above(canaryAbove), below(stableBelow)),
    // No request takes less than nothing.
    upper: difference(below(canaryBelow), above(stableAbove) ?? 0),
    logEvidence: {
      worse: bestPair(bounds, canaryAbove, stableBelow, (canaryBound, stableBound) => canaryBound >= stableBound + minEffect),
      notWorse: bestPair(
        [0, ...bounds],
        [Number.NEGATIVE_INFINITY, ...canaryBelow],
        [Number.POSITIVE_INFINITY, ...stableAbove],
        (canaryBound, stableBound) => canaryBound <= stableBound + minEffect,
      ),
      needed,
    },
  };
}

/** The evidence of the pair of bounds that proves most; of a pair, that of its weaker claim. Finite where no pair could prove it. */
function bestPair(
  bounds: readonly number[],
  canary: readonly number[],
  stable: readonly number[],
  proves: (canaryBound: number, stableBound: number) => boolean,
): number {
  const pairs = bounds.flatMap((canaryBound, left) =>
    bounds.flatMap((stableBound, right) => (proves(canaryBound, stableBound) ? [Math.min(canary[left] ?? 0, stable[right] ?? 0)] : [])),
  );
  return Math.max(Math.log(Number.MIN_VALUE), ...pairs);
}

export function latencyVerdict(state: LatencyState): Verdict {
  const { minEffect, quantile, exceeded } = state;
  const { lower, upper, logEvidence } = readingOf(state);
  const most = exceeded ?? lower;
  const kind: VerdictKind =
    most !== undefined && most >= minEffect ? 'worse' : upper !== undefined && upper <= minEffect ? 'notWorse' : 'unknown';
  const { worse, notWorse, needed } = logEvidence;
  const name = `p${Number((quantile * 100).toPrecision(6))}`;
  const limit = `minEffect ${minEffect}, ${Math.round(state.canary.weight)} requests of each`;
  const messages = {
    worse: () => `worse: the canary's ${name} is higher by more than ${most} (${limit})`,
    notWorse: () => `not worse: the canary's ${name} is higher by less than ${upper} (${limit})`,
    unknown: () =>
      `not yet known: ${name}: ${lossText(most, upper)} (${limit}); evidence ${oddsText(worse)} for worse, ${oddsText(notWorse)} for not worse, ${oddsText(needed)} is needed`,
  };
  return {
    kind,
    ...(most === undefined ? {} : { lower: most }),
    ...(upper === undefined ? {} : { upper }),
    logEvidence,
    message: messages[kind](),
  };
}

import { ok, type Result } from '../../../lib/index.ts';
import { logSumExp } from './bets.ts';
import { type RateSample, windowOf } from './counts.ts';
import { clusterSize, type Dispersion, noDispersion, observe } from './dispersion.ts';
import type { Window } from './e-value.ts';
import { logUnbet, newLadder, payOut, type Rung } from './ladder.ts';
import { type CompareOptions, logNeeded, type Refusal, type Verdict, type VerdictKind } from './options.ts';
import { guessStable, type Memory, remember } from './stable-rate.ts';
import { lossText, oddsText, percentText } from './text.ts';

/**
 * The test of two success rates: plain data of bounded size, that may be written to status and read back after any window.
 *
 * One sample per window. Each window is worth an e-value against each null of a ladder of losses, minEffect among them (`e-value.ts`: the theorem and why it holds
 * for every pair of rates that the null allows, drifting ones, too, as long as both sides meet them together). Products over the windows are the evidence; the bound
 * is the test turned round: a loss is excluded while the evidence against it is 1/alpha. The bets are a mixture over effects (Robbins; Lindon and Malek, "Anytime-
 * valid inference for multinomial count data", NeurIPS 2022, do alike with Dirichlet weights) around a guess of stable's rate that knows the past only.
 */
export interface RateState {
  readonly kind: 'rates';
  readonly alpha: number;
  readonly minEffect: number;
  readonly windows: number;
  readonly canary: Memory;
  readonly stable: Memory;
  /** What the next guess of stable's rate is made from. */
  readonly memory: Memory;
  /** By it the next window's counts are divided. */
  readonly dispersion: Dispersion;
  readonly rungs: readonly Rung[];
  /** So many rungs, from the lowest on, were excluded from below at one time: final. */
  readonly exceeded: number;
}

const nothing: Memory = { errors: 0, total: 0 };

/** 0 < alpha < 0.5 and 0 <= minEffect < 1 are the caller's promise. */
export const startRates = ({ alpha, minEffect }: CompareOptions): RateState => ({
  ...{ kind: 'rates', alpha, minEffect, windows: 0, canary: nothing, stable: nothing, memory: nothing, dispersion: noDispersion },
  rungs: newLadder(minEffect),
  exceeded: 0,
});

export function addRates(state: RateState, sample: RateSample): Result<RateState, Refusal> {
  const read = windowOf(sample);
  if (!read.ok) return read;
  const { sizes, errors } = read.value;
  const windows = state.windows + 1;
  const guesses = guessStable(state.memory);
  const counted = divided(read.value, clusterSize(state.dispersion));
  const rungs = state.rungs.map((rung) => payOut(rung, counted, guesses, windows));
  const below = rungs.findIndex((rung) => logWorse(rung, windows) < logNeeded(state.alpha));
  return ok({
    ...state,
    windows,
    canary: { errors: state.canary.errors + errors.canary, total: state.canary.total + sizes.canary },
    stable: { errors: state.stable.errors + errors.stable, total: state.stable.total + sizes.stable },
    memory: remember(state.memory, errors.stable, sizes.stable),
    dispersion: observe(state.dispersion, read.value),
    rungs,
    exceeded: Math.max(state.exceeded, below === -1 ? rungs.length : below),
  });
}

const divided = ({ sizes, errors }: Window, by: number): Window => ({
  sizes: { canary: sizes.canary / by, stable: sizes.stable / by },
  errors: { canary: errors.canary / by, stable: errors.stable / by },
});

const logWorse = ({ worse }: Rung, windows: number): number => logSumExp([...worse, logUnbet(windows)]);
const logNotWorse = ({ notWorse }: Rung): number => logSumExp(notWorse);

/** Worse: minEffect and all rungs below were excluded at one time. Not worse: minEffect and all above are excluded now. */
export function rateVerdict(state: RateState): Verdict {
  const { alpha, minEffect, rungs, exceeded, windows } = state;
  const needed = logNeeded(alpha);
  const at = rungs.findIndex(({ loss }) => loss === minEffect);
  const open = rungs.findLastIndex((rung) => logNotWorse(rung) < needed);
  const kind: VerdictKind = exceeded > at ? 'worse' : open < at ? 'notWorse' : 'unknown';
  const [lower, upper] = [rungs[exceeded - 1]?.loss, rungs[open + 1]?.loss];
  const own = rungs[at];
  const logEvidence = {
    worse: own === undefined ? 0 : logWorse(own, windows),
    notWorse: own === undefined ? 0 : logNotWorse(own),
    needed,
  };
  const bounds = { ...(lower === undefined ? {} : { lower }), ...(upper === undefined ? {} : { upper }) };
  return { kind, ...bounds, logEvidence, message: messageOf(state, { kind, ...bounds, logEvidence }) };
}

function messageOf({ canary, stable, minEffect }: RateState, { kind, lower, upper, logEvidence }: Omit<Verdict, 'message'>): string {
  const { worse, notWorse, needed } = logEvidence;
  const sides = `canary ${percentText(canary)}, stable ${percentText(stable)}`;
  const limit = `minEffect ${minEffect}`;
  switch (kind) {
    case 'worse':
      return `worse: the success rate is lower by more than ${lower} (${limit}); ${sides}`;
    case 'notWorse':
      return `not worse: the loss of success rate is less than ${upper} (${limit}); ${sides}`;
    case 'unknown':
      return `not yet known: ${lossText(lower, upper)} (${limit}); ${sides}; evidence ${oddsText(worse)} for worse, ${oddsText(notWorse)} for not worse, ${oddsText(needed)} is needed`;
  }
}

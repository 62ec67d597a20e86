import { logSumExp, logWeights, oddsRatios, withOdds } from './bets.ts';
import { logEValue, type Window } from './e-value.ts';
import type { Guess } from './stable-rate.ts';

/** The wealth of all bets against "the loss is at most `loss`" (worse) and "at least" (notWorse): its logarithm, bet by bet. */
export interface Rung {
  readonly loss: number;
  readonly worse: readonly number[];
  readonly notWorse: readonly number[];
}

/** Losses that the bound may name, beside minEffect; those near it are left out. */
const losses = [0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.2];

/** What is bet on a regression from the first window on; the rest waits for one that comes later. */
const atOnce = 0.9;

export function newLadder(minEffect: number): readonly Rung[] {
  const others = losses.filter((loss) => loss < minEffect / 1.6 || loss > Math.max(minEffect * 1.6, 1e-9));
  return [...others, minEffect]
    .sort((left, right) => left - right)
    .map((loss) => ({ loss, worse: logWeights.map((weight) => floor(weight + Math.log(atOnce))), notWorse: logWeights.map(floor) }));
}

/**
 * ln of what is not bet yet before window `number` (1, 2, ...). Window t >= 2 releases (1 - atOnce) / ((t - 1) t) of the first capital, so that a canary that turns
 * bad after a thousand good windows is judged by capital that those have not eaten: a mixture over the window in which the regression begins is an e-process, too.
 */
export const logUnbet = (windows: number): number => Math.log((1 - atOnce) / Math.max(1, windows));

/** Pays out the `number`th window. The capital that it releases takes part in it. */
export function payOut(rung: Rung, window: Window, guesses: readonly Guess[], number: number): Rung {
  const released = number === 1 ? Number.NEGATIVE_INFINITY : Math.log((1 - atOnce) / ((number - 1) * number));
  const grown = (logs: readonly number[], direction: 1 | -1) =>
    logs.map((wealth, bet) => {
      const staked = direction === 1 ? logSumExp([wealth, released + (logWeights[bet] ?? 0)]) : wealth;
      return floor(staked + logGrowth(rung.loss, (oddsRatios[bet] ?? 1) ** direction, window, guesses));
    });
  return { loss: rung.loss, worse: grown(rung.worse, 1), notWorse: grown(rung.notWorse, -1) };
}

function logGrowth(loss: number, ratio: number, window: Window, guesses: readonly Guess[]): number {
  const logs = guesses.map(({ rate, logWeight }) => {
    const allowed = rate + loss;
    // Nothing can be bet where the null allows anything.
    return logWeight + (allowed >= 0.999 ? 0 : logEValue({ canary: withOdds(allowed, ratio), stable: rate }, loss, window));
  });
  return logs.length === 1 ? (logs[0] ?? 0) : logSumExp(logs);
}

/** Five decimals are enough in status; rounded towards less evidence. */
const floor = (log: number): number => Math.floor(log * 1e5) / 1e5;

import { logSumExp } from './bets.ts';

/** Errors of stable among its requests, of the windows before this one: a bet may know the past only. */
export interface Memory {
  readonly errors: number;
  readonly total: number;
}

export interface Guess {
  readonly rate: number;
  readonly logWeight: number;
}

/** From so many errors on their share is known well enough. */
const enoughErrors = 10;
/** More than these are forgotten, the oldest first, so that the guess follows the time of day. */
const maxErrors = 1000;

const ladder = Array.from({ length: 9 }, (_, step) => 0.4 / 4 ** step);

/**
 * What stable's rate of errors may be in the next window; only a guess to bet by, a wrong one costs power and never validity. While few errors were seen, several
 * are held at once, by their likelihood on a ladder from 0.4 to 6e-6; the least likely are left out.
 */
export function guessStable({ errors, total }: Memory): readonly Guess[] {
  if (errors >= enoughErrors) return [{ rate: Math.min(0.999, (errors + 0.5) / (total + 1)), logWeight: 0 }];
  const logs = ladder.map((rate) => errors * Math.log(rate) + (total - errors) * Math.log1p(-rate));
  const largest = Math.max(...logs);
  const likely = ladder.flatMap((rate, step) => {
    const log = (logs[step] ?? Number.NEGATIVE_INFINITY) - largest;
    return log < -4 ? [] : [{ rate, log }];
  });
  const sum = logSumExp(likely.map(({ log }) => log));
  return likely.map(({ rate, log }) => ({ rate, logWeight: log - sum }));
}

export function remember(memory: Memory, errors: number, total: number): Memory {
  const sum = { errors: memory.errors + errors, total: memory.total + total };
  const kept = Math.min(1, maxErrors / sum.errors);
  return { errors: sum.errors * kept, total: sum.total * kept };
}

import { ok, type Result } from '../../../lib/index.ts';
import type { Window } from './e-value.ts';
import { type Refusal, refused } from './options.ts';

/** Requests of one side in one window. */
export interface Arm {
  readonly successes: number;
  readonly total: number;
}

export interface RateSample {
  readonly canary: Arm;
  readonly stable: Arm;
  /**
   * How many times more than was counted the numbers may say, at least 1 (the default); they are divided by it. Prometheus' `increase` stretches what it saw between
   * the first and the last scrape over the whole window: up to window / (window - scrape interval). Unsaid, s times too many turn alpha into alpha^(1/s) at worst.
   */
  readonly inflation?: number;
}

/** What two sums of doubles may differ by. */
const tolerance = 1e-6;

/**
 * The window of a sample. Counts need not be whole, and are not rounded: the evidence is linear in them, and rounding each window would lose the rare errors of small
 * ones, or make some up. Refused: NaN, infinities, negative counts, more successes than requests, an inflation below 1; a side without requests is silence.
 */
export function windowOf({ canary, stable, inflation = 1 }: RateSample): Result<Window, Refusal> {
  if (!(inflation >= 1 && inflation < Number.POSITIVE_INFINITY)) return refused('invalid', `inflation ${inflation} is below 1`);
  const problems = [problemOf('canary', canary), problemOf('stable', stable)].filter((problem) => problem !== undefined);
  // What cannot be is said before what is silent.
  const problem = problems.find(({ kind }) => kind === 'invalid') ?? problems[0];
  if (problem !== undefined) return refused(problem.kind, problem.message);
  return ok({
    sizes: { canary: canary.total / inflation, stable: stable.total / inflation },
    errors: { canary: errorsOf(canary) / inflation, stable: errorsOf(stable) / inflation },
  });
}

const errorsOf = ({ successes, total }: Arm): number => Math.max(0, total - successes);

function problemOf(side: string, { successes, total }: Arm): Refusal | undefined {
  for (const [what, count] of [
    ['requests', total],
    ['successes', successes],
  ] as const) {
    if (!Number.isFinite(count)) return { kind: 'invalid', message: `${side}: the number of ${what} is ${count}` };
    if (count < 0) return { kind: 'invalid', message: `${side}: a negative number of ${what}: ${count}` };
  }
  if (successes > total * (1 + tolerance)) return { kind: 'invalid', message: `${side}: ${successes} successes of ${total} requests` };
  return total === 0 ? { kind: 'noRequests', message: `${side}: no requests in the window` } : undefined;
}

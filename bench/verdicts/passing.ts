// Requests of the canary until one that is as good as stable is known to lose less than minEffect.
import { addRates, rateVerdict, startRates } from '../../src/core/analysis/compare/index.ts';
import { seededRandom } from '../../src/lib/index.ts';
import { binomial } from './draw.ts';
import { median } from './simulate.ts';

export interface PassCase {
  /** Both fail so often. */
  readonly rate: number;
  readonly minEffect: number;
  readonly share: number;
}

export const passCases: readonly PassCase[] = [
  ...[0.005, 0.01, 0.02].flatMap((minEffect) => [0.1, 0.5].map((share) => ({ rate: 0.01, minEffect, share }))),
  ...[0.001, 0.005].map((minEffect) => ({ rate: 0.001, minEffect, share: 0.1 })),
  { rate: 0.0001, minEffect: 0.001, share: 0.1 },
];

const alpha = 0.01;
const maxLooks = 1000;

export function requestsToPass({ rate, minEffect, share }: PassCase, runs: number, seed: number): number {
  // A bound near minEffect takes some ten errors of either side that far; looked at about forty times until then.
  const n = Math.max(1, Math.round((12 * (rate + minEffect)) / minEffect ** 2 / 40));
  const m = Math.max(1, Math.round((n * (1 - share)) / share));
  const found = Array.from({ length: runs }, (_, run) => {
    const random = seededRandom(seed * 1_000_003 + run);
    let state = startRates({ alpha, minEffect });
    for (let look = 1; look <= maxLooks; look += 1) {
      const added = addRates(state, {
        canary: { total: n, successes: n - binomial(random, n, rate) },
        stable: { total: m, successes: m - binomial(random, m, rate) },
      });
      if (added.ok) state = added.value;
      if (rateVerdict(state).kind === 'notWorse') return look * n;
    }
    return Number.POSITIVE_INFINITY;
  });
  return median(found);
}

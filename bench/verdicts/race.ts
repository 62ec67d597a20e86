// Requests of the canary until a real regression is found, looked at often and without an end: our test against Wald's.
import { addRates, rateVerdict, startRates } from '../../src/core/analysis/compare/index.ts';
import { nearestOnLine } from '../../src/core/analysis/compare/nearest.ts';
import { seededRandom } from '../../src/lib/index.ts';
import { binomial } from './draw.ts';
import { median } from './simulate.ts';

export interface Lane {
  readonly stable: number;
  readonly canary: number;
  /** Of the traffic that the canary has. */
  readonly share: number;
  readonly minEffect: number;
}

export interface RaceResult extends Lane {
  /** Medians, in requests of the canary. */
  readonly ours: number;
  /** Told the rate of stable and of a bad canary: looks at the canary alone. */
  readonly sprt: number;
  /** Told both rates of a bad release, but not stable's rate in a good one: the most that a test can know that must learn it from stable. */
  readonly paired: number;
}

export const lanes: readonly Lane[] = [
  ...[1.5, 2, 3, 5].map((times) => ({ stable: 0.01, canary: 0.01 * times, share: 0.1, minEffect: 0 })),
  ...[0.02, 0.03, 0.05].map((canary) => ({ stable: 0.01, canary, share: 0.1, minEffect: 0.005 })),
  ...[0.002, 0.005].map((canary) => ({ stable: 0.001, canary, share: 0.1, minEffect: 0 })),
  { stable: 0.0001, canary: 0.0003, share: 0.1, minEffect: 0 },
  { stable: 0.0001, canary: 0.01, share: 0.1, minEffect: 0.001 },
  { stable: 0.01, canary: 0.02, share: 0.25, minEffect: 0 },
  { stable: 0.01, canary: 0.02, share: 0.5, minEffect: 0 },
];

const alpha = 0.01;
/** So many looks until the SPRT is done, about. */
const looks = 40;
const maxLooks = 40 * looks;

export function race(lane: Lane, runs: number, seed: number): RaceResult {
  const { stable, canary, share, minEffect } = lane;
  const allowed = stable + minEffect;
  const perRequest = canary * Math.log(canary / allowed) + (1 - canary) * Math.log((1 - canary) / (1 - allowed));
  const n = Math.max(1, Math.round(-Math.log(alpha) / perRequest / looks));
  const m = Math.max(1, Math.round((n * (1 - share)) / share));
  const near = nearestOnLine({ canary, stable }, minEffect, { canary: n, stable: m });
  const found: { ours: number[]; sprt: number[]; paired: number[] } = { ours: [], sprt: [], paired: [] };
  for (let run = 0; run < runs; run += 1) {
    const random = seededRandom(seed * 1_000_003 + run);
    let [state, known, paired] = [startRates({ alpha, minEffect }), 0, 0];
    const at: { ours?: number; sprt?: number; paired?: number } = {};
    for (let look = 1; look <= maxLooks; look += 1) {
      const [x, y] = [binomial(random, n, canary), binomial(random, m, stable)];
      known += ratio(x, n, canary, allowed);
      paired += ratio(x, n, canary, near.canary) + ratio(y, m, stable, near.stable);
      if (known >= -Math.log(alpha)) at.sprt ??= look * n;
      if (paired >= -Math.log(alpha)) at.paired ??= look * n;
      if (at.ours === undefined) {
        const added = addRates(state, { canary: { total: n, successes: n - x }, stable: { total: m, successes: m - y } });
        if (added.ok) state = added.value;
        if (rateVerdict(state).kind === 'worse') at.ours = look * n;
      }
      if (at.ours !== undefined && at.sprt !== undefined && at.paired !== undefined) break;
    }
    for (const who of ['ours', 'sprt', 'paired'] as const) found[who].push(at[who] ?? Number.POSITIVE_INFINITY);
  }
  return { ...lane, ours: median(found.ours), sprt: median(found.sprt), paired: median(found.paired) };
}

const ratio = (errors: number, total: number, right: number, left: number): number =>
  errors * Math.log(right / left) + (total - errors) * Math.log((1 - right) / (1 - left));

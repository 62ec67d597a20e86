// p99 from histograms: our test, a threshold, and a Mann-Whitney U test on the p99 of the windows.
import { addLatency, type Buckets, latencyVerdict, startLatency } from '../../src/core/analysis/compare/index.ts';
import { type Random, seededRandom } from '../../src/lib/index.ts';
import { binomial, poisson } from './draw.ts';
import { mannWhitneySays } from './mann-whitney.ts';
import { median } from './simulate.ts';
import { windowSeconds, windows } from './traces.ts';

/** Those of Linkerd's proxy up to 10 s, in ms. */
const bounds = [1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000, 5000, 10_000];
const quantile = 0.99;
const minEffect = 100;

export interface LatencyCase {
  readonly name: string;
  /** Median latencies in ms; log-normal, p99 = 5 times that. */
  readonly stable: number;
  readonly canary: number;
  readonly rps: number;
  /** From this window on both take five times as long, at weights 5, 10, 25, 50 %. */
  readonly incidentFrom?: number;
}

export const latencyCases: readonly LatencyCase[] = [
  { name: 'equal: p99 of 150 ms', stable: 30, canary: 30, rps: 100 },
  { name: 'equal, both slow down at 50 %', stable: 30, canary: 30, rps: 100, incidentFrom: 46 },
  { name: '+50 ms: p99 of 200 ms', stable: 30, canary: 40, rps: 100 },
  { name: '+350 ms: p99 of 500 ms', stable: 30, canary: 100, rps: 100 },
  { name: '+600 ms: p99 of 750 ms', stable: 30, canary: 150, rps: 100 },
  { name: '+600 ms, 10 rps', stable: 30, canary: 150, rps: 10 },
  { name: '+600 ms, 1,000 rps', stable: 30, canary: 150, rps: 1000 },
];

export interface LatencyOutcome {
  readonly ours: number;
  readonly notWorse: number;
  readonly threshold: number;
  readonly mannWhitney: number;
  /** Median requests of the canary until ours says worse; NaN where it never does. */
  readonly requests: number;
}

export function playLatency({ stable, canary, rps, incidentFrom = windows + 1 }: LatencyCase, runs: number, seed: number): LatencyOutcome {
  const found = { ours: 0, notWorse: 0, threshold: 0, mannWhitney: 0 };
  const until: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const random = seededRandom(seed * 1_000_003 + run);
    let state = startLatency({ alpha: 0.01, minEffect, quantile, bounds });
    const seen: { canary: number[]; stable: number[] } = { canary: [], stable: [] };
    let [requests, slow, isShifted, at] = [0, 0, false, undefined as number | undefined];
    for (let number = 1; number <= windows; number += 1) {
      const times = number >= incidentFrom ? 5 : 1;
      const share = incidentFrom > windows ? 0.1 : ([0.05, 0.1, 0.25, 0.5][Math.floor(((number - 1) * 4) / windows)] ?? 0.5);
      const left = draw(random, poisson(random, rps * windowSeconds * share), canary * times);
      const right = draw(random, poisson(random, rps * windowSeconds * (1 - share)), stable * times);
      const added = addLatency(state, { canary: left, stable: right });
      if (added.ok) state = added.value;
      requests += left.total;
      if (at === undefined && latencyVerdict(state).kind === 'worse') at = requests;
      if (left.total > 0) seen.canary.push(interpolated(left));
      if (right.total > 0) seen.stable.push(interpolated(right));
      if ((seen.canary.at(-1) ?? 0) > 5 * stable + minEffect) slow += 1;
      if (number % 10 === 0 && mannWhitneySays(seen.canary, seen.stable)) isShifted = true;
    }
    if (at !== undefined) until.push(at);
    if (at !== undefined) found.ours += 1;
    if (latencyVerdict(state).kind === 'notWorse') found.notWorse += 1;
    if (slow >= 5) found.threshold += 1;
    if (isShifted) found.mannWhitney += 1;
  }
  return { ...found, requests: median(until) };
}

/** A p99 of five times the median. */
const spread = Math.log(5) / 2.3263;

function draw(random: Random, total: number, medianMs: number): Buckets {
  let [left, below, count] = [total, 0, 0];
  const cumulative = bounds.map((bound) => {
    const upTo = normalCdf(Math.log(bound / medianMs) / spread);
    const within = below >= 1 ? left : binomial(random, left, Math.max(0, Math.min(1, (upTo - below) / (1 - below))));
    left -= within;
    count += within;
    below = upTo;
    return count;
  });
  return { cumulative, total };
}

/** Abramowitz and Stegun 26.2.17: to 1e-7. */
function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

/** As Prometheus' `histogram_quantile`: linear within the bucket. */
function interpolated({ cumulative, total }: Buckets): number {
  const rank = quantile * total;
  const index = cumulative.findIndex((count) => count >= rank);
  if (index < 0) return bounds.at(-1) ?? 0;
  const [low, high] = [bounds[index - 1] ?? 0, bounds[index] ?? 0];
  const before = cumulative[index - 1] ?? 0;
  return low + ((high - low) * (rank - before)) / ((cumulative[index] ?? 0) - before);
}

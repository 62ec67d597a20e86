import type { Random } from '../../lib/index.ts';
import { normal } from '../chance.ts';

/** How long answers take: all alike, evenly between two bounds, or a long tail through a median and a 99th percentile. */
export type Latency =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'tailed'; readonly p50Ms: number; readonly p99Ms: number };

/** `40`, or `40-200` for an even draw; undefined where it is neither. */
export function parseLatency(text: string | undefined): Latency | undefined {
  if (text === undefined || text === '') return undefined;
  const [fromMs, toMs, ...rest] = text.split('-').map(Number);
  if (fromMs === undefined || rest.length > 0 || Number.isNaN(fromMs) || Number.isNaN(toMs ?? 0)) return undefined;
  return toMs === undefined || toMs === fromMs ? { kind: 'fixed', ms: fromMs } : { kind: 'uniform', fromMs, toMs };
}

/** The 99th percentile of the standard normal distribution. */
const z99 = 2.326_347_874;

export function drawLatency(random: Random, latency: Latency): number {
  switch (latency.kind) {
    case 'fixed':
      return latency.ms;
    case 'uniform':
      return latency.fromMs + random.next() * (latency.toMs - latency.fromMs);
    case 'tailed':
      return atNormal(latency, normal(random));
  }
}

const atNormal = ({ p50Ms, p99Ms }: Extract<Latency, { kind: 'tailed' }>, z: number): number =>
  p50Ms * Math.exp((z / z99) * Math.log(Math.max(1, p99Ms / p50Ms)));

/** Cells of the distribution, finer towards the tail that p99 looks at: where each lies, in standard deviations, and its share. */
const cells: readonly { readonly z: number; readonly quantile: number; readonly share: number }[] = [
  { z: -1.439_5, quantile: 0.075, share: 0.15 },
  { z: -0.674_5, quantile: 0.25, share: 0.2 },
  { z: -0.188_1, quantile: 0.425, share: 0.15 },
  { z: 0.188_1, quantile: 0.575, share: 0.15 },
  { z: 0.598_8, quantile: 0.725, share: 0.15 },
  { z: 1.036_4, quantile: 0.85, share: 0.1 },
  { z: 1.439_5, quantile: 0.925, share: 0.05 },
  { z: 1.811_9, quantile: 0.965, share: 0.03 },
  { z: 2.170_1, quantile: 0.985, share: 0.01 },
  { z: 2.432_4, quantile: 0.992_5, share: 0.005 },
  { z: 2.807, quantile: 0.997_5, share: 0.005 },
];

export const cellShares: readonly number[] = cells.map(({ share }) => share);

/** The latency that stands for each cell of `cellShares`. */
export const cellLatencies = (latency: Exclude<Latency, { kind: 'fixed' }>): readonly number[] =>
  cells.map(({ z, quantile }) =>
    latency.kind === 'uniform' ? latency.fromMs + quantile * (latency.toMs - latency.fromMs) : atNormal(latency, z),
  );

import type { Behaviour } from '../../sandbox/index.ts';

/** How good a version is, in a user's words. */
export interface Quality {
  /** Share of the requests that it answers with 500, 0 to 1. */
  readonly errorRate: number;
  readonly p99Ms: number;
  /** From the start of a pod until it is ready. */
  readonly startMs: number;
  readonly isCrashLooping: boolean;
  readonly isNeverReady: boolean;
}

export const goodQuality: Quality = { errorRate: 0, p99Ms: 100, startMs: 2_000, isCrashLooping: false, isNeverReady: false };

/** The tail of what people call a usual service: the slowest hundredth takes four times as long as the middle. */
const tail = 4;
const crashAfterMs = 1_000;

export const behaviourOf = ({ errorRate, p99Ms, startMs, isCrashLooping, isNeverReady }: Quality): Partial<Behaviour> => ({
  ...{ errorRate, startDelayMs: startMs, isNeverReady },
  latency: { kind: 'tailed', p50Ms: p99Ms / tail, p99Ms },
  ...(isCrashLooping ? { crashAfterMs } : {}),
});

/** The share of answers that take longer than `limitMs`. */
export function slowerShare({ p99Ms }: Pick<Quality, 'p99Ms'>, limitMs: number): number {
  if (limitMs <= 0) return 1;
  const deviations = (z99 * Math.log((limitMs * tail) / p99Ms)) / Math.log(tail);
  return 1 - normalShare(deviations);
}

/** The 99th percentile of the standard normal distribution. */
const z99 = 2.326_347_874;

/** The share of a standard normal distribution below `z`; Abramowitz and Stegun 26.2.17, good to 1e-7. */
function normalShare(z: number): number {
  const t = 1 / (1 + 0.231_641_9 * Math.abs(z));
  const terms = [0.319_381_53, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
  const upper = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * terms.reduce((sum, term, index) => sum + term * t ** (index + 1), 0);
  return z >= 0 ? 1 - upper : upper;
}

/** `fails 5 % of its requests and answers in 800 ms (p99)`, for a sentence about a version. */
export function qualityText(quality: Quality, than?: Quality): string {
  const { errorRate, p99Ms, isCrashLooping, isNeverReady } = quality;
  if (isNeverReady) return 'never becomes ready';
  if (isCrashLooping) return 'crashes a second after each start';
  const isSlow = than === undefined || p99Ms !== than.p99Ms;
  const parts = [
    ...(errorRate > 0 || !isSlow ? [`fails ${shareText(errorRate)} of its requests`] : []),
    ...(isSlow ? [`answers within ${Math.round(p99Ms)} ms (p99)`] : []),
  ];
  return parts.join(' and ');
}

/** `5 %`, `0.25 %`: as many digits as it takes. */
export const shareText = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

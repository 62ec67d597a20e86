/** How many requests a client sends. */
export type Rate =
  | { readonly kind: 'constant'; readonly perSecond: number }
  /** A day's ups and downs: `swing` is the share of the mean that the peak is above it, 0 to 1. */
  | { readonly kind: 'diurnal'; readonly perSecond: number; readonly swing: number; readonly periodMs: number }
  /** `perSecond` between bursts; a burst begins every so often and lasts a while. */
  | {
      readonly kind: 'bursty';
      readonly perSecond: number;
      readonly burstPerSecond: number;
      readonly everyMs: number;
      readonly lastsMs: number;
    };

/** Requests that are expected from the beginning until `ms` later. */
export function expectedUntil(rate: Rate, ms: number): number {
  const even = (rate.perSecond * ms) / 1_000;
  switch (rate.kind) {
    case 'constant':
      return even;
    case 'diurnal': {
      const { perSecond, swing, periodMs } = rate;
      const turn = (2 * Math.PI * ms) / periodMs;
      return even + ((perSecond * swing * periodMs) / (2 * Math.PI * 1_000)) * (1 - Math.cos(turn));
    }
    case 'bursty': {
      const { perSecond, burstPerSecond, everyMs, lastsMs } = rate;
      const inBursts = Math.floor(ms / everyMs) * lastsMs + Math.min(lastsMs, ms % everyMs);
      return even + ((burstPerSecond - perSecond) * inBursts) / 1_000;
    }
  }
}

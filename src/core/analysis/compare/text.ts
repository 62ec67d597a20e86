import type { Memory } from './stable-rate.ts';

/** `99.42 % of 1234`: what was successful. */
export const percentText = ({ errors, total }: Memory): string =>
  total === 0 ? 'no requests' : `${Number((100 * (1 - errors / total)).toFixed(4))} % of ${Math.round(total)}`;

/** Evidence as odds: `12:1`, `1:3`. */
export function oddsText(log: number): string {
  if (log > Math.log(1e6)) return 'over 1000000:1';
  if (log < -Math.log(1e6)) return 'under 1:1000000';
  return log >= 0 ? `${Number(Math.exp(log).toPrecision(3))}:1` : `1:${Number(Math.exp(-log).toPrecision(3))}`;
}

/** What the two bounds leave open. */
export function lossText(lower: number | undefined, upper: number | undefined): string {
  const parts = [...(lower !== undefined ? [`more than ${lower}`] : []), ...(upper !== undefined ? [`less than ${upper}`] : [])];
  return parts.length === 0 ? 'the loss may be anything' : `the loss is ${parts.join(' and ')}`;
}

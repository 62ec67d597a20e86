/** What a NaN or an infinity becomes when Go makes an int64 of it on amd64: the smallest of them, in thousandths. */
export const sentinel = '-9223372036854775808m';

const suffixes = ['m', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;

/** A number as smi-metrics puts it into a Kubernetes quantity: whole thousandths, cut off, in the largest unit without a fraction. */
export function quantityOf(value: number): string {
  let amount = Math.trunc(value * 1_000);
  if (!Number.isFinite(amount) || Math.abs(amount) >= 2 ** 63) return sentinel;
  if (amount === 0) return '0';
  let at = 0;
  for (; amount % 1_000 === 0 && at < suffixes.length - 1; at++) amount /= 1_000;
  return `${amount}${suffixes[at]}`;
}

/** Go's `Duration.String`: `30s`, `1m0s`, `1h0m0s`, `1.5s`. */
export function goDuration(ms: number): string {
  if (ms > 0 && ms < 1_000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = (ms % 60_000) / 1_000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

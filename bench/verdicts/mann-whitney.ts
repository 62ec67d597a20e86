/**
 * Whether Kayenta's judge would say "High": the lower end of the 98 % interval of the shift (Hodges and Lehmann; normal approximation) is above a quarter of the
 * estimated shift (MannWhitneyClassifier, tolerance 0.25), and the mean is not smaller.
 */
export function mannWhitneySays(canary: readonly number[], stable: readonly number[]): boolean {
  const [n, m] = [canary.length, stable.length];
  if (n < 5 || m < 5) return false;
  const differences = new Float64Array(n * m);
  for (const [row, left] of canary.entries()) for (const [column, right] of stable.entries()) differences[row * m + column] = left - right;
  differences.sort();
  const quantile = 2.3263;
  const rank = Math.max(0, Math.floor((n * m) / 2 - quantile * Math.sqrt((n * m * (n + m + 1)) / 12)) - 1);
  const [lower, estimate] = [differences[rank] ?? 0, differences[Math.floor((n * m) / 2)] ?? 0];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return lower > 0.25 * Math.abs(estimate) && mean(canary) >= mean(stable);
}

/** [power of ten, power of 1024] of each suffix of a Kubernetes quantity. */
const suffixes: Readonly<Record<string, readonly [number, number]>> = {
  n: [-9, 0],
  u: [-6, 0],
  m: [-3, 0],
  '': [0, 0],
  k: [3, 0],
  M: [6, 0],
  G: [9, 0],
  T: [12, 0],
  P: [15, 0],
  E: [18, 0],
  Ki: [0, 1],
  Mi: [0, 2],
  Gi: [0, 3],
  Ti: [0, 4],
  Pi: [0, 5],
  Ei: [0, 6],
};

const quantity = /^\+?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)$/;
const lengthLimit = 64;

/**
 * A weight of a TrafficSplit in thousandths, rounded up as Kubernetes rounds a quantity's milli-value; undefined where it is no
 * weight. Tolerant in every version: with conversion strategy None any version returns whatever was stored, so `"500m"` turns up
 * under v1alpha4 as well. The SDK's own conversion takes `500m` for 500 (it drops the scale); hence our own.
 */
export function decodeWeight(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? milliOf(String(value)) : undefined;
  return typeof value === 'string' ? milliOf(value) : undefined;
}

function milliOf(text: string): number | undefined {
  const match = text.length > lengthLimit ? null : quantity.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = '', exponent, suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const [ten, binary] = exponent === undefined ? (suffixes[suffix] ?? [0, 0]) : [Number(exponent), 0];
  const digits = BigInt(whole + fraction) * 1024n ** BigInt(binary);
  const milli = Number(timesPowerOfTen(digits, ten - fraction.length + 3));
  return Number.isSafeInteger(milli) ? milli : undefined;
}

function timesPowerOfTen(digits: bigint, power: number): bigint {
  if (power >= 0) return digits * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return (digits + divisor - 1n) / divisor;
}

/** Arithmetic as Go does it, where JavaScript differs. */

export const goMax = (left: number, right: number): number =>
  left === Number.POSITIVE_INFINITY || right === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : Math.max(left, right);

export const goMin = (left: number, right: number): number =>
  left === Number.NEGATIVE_INFINITY || right === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : Math.min(left, right);

/**
 * Go's Pow multiplies its way through the bits of the exponent, and is less exact than JavaScript's: the last digits of a power must
 * be the real server's.
 */
export function goPower(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  const isSpecial = !Number.isFinite(base) || !Number.isFinite(exponent) || base === 0 || Math.abs(exponent) >= 2 ** 63;
  if (isSpecial || exponent === 0 || exponent === 1) return base ** exponent;
  if (exponent === 0.5) return Math.sqrt(base);
  if (exponent === -0.5) return 1 / Math.sqrt(base);
  let whole = Math.trunc(Math.abs(exponent));
  let part = Math.abs(exponent) - whole;
  if (part !== 0 && base < 0) return Number.NaN;
  if (part > 0.5) {
    part--;
    whole++;
  }
  let fraction = part === 0 ? 1 : Math.exp(part * Math.log(base));
  let binary = 0;
  let [factor, power] = frexp(base);
  for (let bits = whole; bits !== 0; bits = Math.floor(bits / 2)) {
    if (Math.abs(power) > 4_096) {
      binary += power;
      break;
    }
    if (bits % 2 === 1) {
      fraction *= factor;
      binary += power;
    }
    factor *= factor;
    power *= 2;
    if (factor < 0.5) {
      factor += factor;
      power--;
    }
  }
  return exponent < 0 ? ldexp(1 / fraction, -binary) : ldexp(fraction, binary);
}

/** The number as a fraction of at least a half and below one, and a power of two. */
function frexp(value: number): [number, number] {
  let [fraction, power] = [value, 0];
  // Exact: only the exponent changes. Denormal numbers are lifted first.
  for (; Math.abs(fraction) < 2 ** -1000; power -= 1_000) fraction *= 2 ** 1000;
  const shift = Math.floor(Math.log2(Math.abs(fraction))) + 1;
  fraction = ldexp(fraction, -shift);
  if (Math.abs(fraction) >= 1) return [fraction / 2, power + shift + 1];
  return Math.abs(fraction) < 0.5 ? [fraction * 2, power + shift - 1] : [fraction, power + shift];
}

/** In two steps where one factor would be out of range. */
function ldexp(fraction: number, power: number): number {
  const first = Math.trunc(power / 2);
  return Math.abs(power) < 1_000 ? fraction * 2 ** power : fraction * 2 ** first * 2 ** (power - first);
}

/** Kahan's sum in Neumaier's form: `total` is the sum so far, corrected. */
export class KahanSum {
  #sum = 0;
  #correction = 0;

  add(value: number): void {
    const next = this.#sum + value;
    this.#correction += Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - next + value : value - next + this.#sum;
    this.#sum = next;
  }

  get uncorrected(): number {
    return this.#sum;
  }

  get total(): number {
    return this.#sum + this.#correction;
  }
}

const isInfinite = (value: number): boolean => Math.abs(value) === Number.POSITIVE_INFINITY;

/** Whether a mean that has become infinite stays as it is when `value` joins: the difference would be a NaN. */
export const staysInfinite = (mean: number, value: number): boolean =>
  isInfinite(mean) && (isInfinite(value) ? mean > 0 === value > 0 : !Number.isNaN(value));

export const orInfinite = (sum: KahanSum): number => (isInfinite(sum.uncorrected) ? sum.uncorrected : sum.total);

/** NaN sorts before everything. */
export function ascending(left: number, right: number): number {
  if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : -1;
  if (Number.isNaN(right)) return 1;
  return left - right || 0;
}

/** Interpolated between the two nearest values. */
export function quantile(q: number, given: readonly number[]): number {
  if (given.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const values = [...given].sort(ascending);
  const rank = q * (values.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(values.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return (values[lower] ?? Number.NaN) * (1 - weight) + (values[upper] ?? Number.NaN) * weight;
}

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity as a float: `73492m` is 73.492, `1k` is 1000. Undefined where it is none. A bare JSON number is one. */
export function parseQuantity(quantity: unknown): number | undefined {
  if (typeof quantity === 'number') return Number.isFinite(quantity) ? quantity : undefined;
  if (typeof quantity !== 'string') return undefined;
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/.exec(quantity);
  if (match === null) return undefined;
  const [, digits = '', exponent = '', suffix = ''] = match;
  // Multiplying by 1e-3 would turn 73492m into 73.49200000000002.
  const scale = suffixes[suffix] ?? Number.NaN;
  return scale < 1 ? Number(digits) / Math.round(1 / scale) : Number(`${digits}${exponent}`) * scale;
}

/** What a converted NaN or infinity looks like: the smallest 64-bit integer, as such or in thousandths. */
export const isSentinel = (quantity: unknown): boolean => /^-9223372036854775808(m)?$/.test(String(quantity)) || quantity === -(2 ** 63);

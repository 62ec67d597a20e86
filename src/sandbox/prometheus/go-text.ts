/** Numbers and strings as Go prints them: what Prometheus answers is compared as text. */

/** `strconv.FormatFloat(value, 'f', -1, 64)`, and with exponents where the JSON of an answer has them. */
export function sampleText(value: number): string {
  const text = plainText(value);
  if (text !== undefined) return text;
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-6 && magnitude < 1e21) return String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`;
}

/** Never with an exponent. */
export function decimalText(value: number): string {
  const text = plainText(value);
  if (text !== undefined) return text;
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = Number(exponent) + 1;
  const sign = value < 0 ? '-' : '';
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

function plainText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return value === 0 ? (Object.is(value, -0) ? '-0' : '0') : undefined;
}

/** Go's `%v` of a float: an exponent from 1e21 on and below 1e-4. */
export function verboseText(value: number): string {
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value) || value === 0 || (magnitude >= 1e-4 && magnitude < 1e21)) return sampleText(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`;
}

/** Go's `%f`. */
export function fixedText(value: number): string {
  return plainText(value) === undefined ? value.toFixed(6) : (plainText(value) ?? '').replace(/^(-?)0$/, '$10.000000');
}

const escapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** Go's `%q` of a string. */
export const quoted = (text: string): string => `"${escaped(text, '"')}"`;

/** Go's `%q` of a rune. */
export const quotedRune = (rune: string): string => `'${escaped(rune, "'")}'`;

function escaped(text: string, quote: string): string {
  let out = '';
  for (const rune of text) out += rune === quote ? `\\${quote}` : (escapes[rune] ?? printable(rune));
  return out;
}

function printable(rune: string): string {
  const code = rune.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  return /[\p{C}\p{Z}]/u.test(rune) && rune !== ' ' ? `\\u${code.toString(16).padStart(4, '0')}` : rune;
}

/** Go's `%#U`: `U+0071 'q'`. */
export function unicodeText(rune: string): string {
  const code = rune.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${rune}'`;
}

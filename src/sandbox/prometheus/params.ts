import { fail, ok, type Result } from '../../lib/result.ts';
import { quoted } from './go-text.ts';
import { parsePromDuration } from './promql/scan.ts';

/** The parameters of a request: of its query, and of its form, which comes first. */
export interface Params {
  one(name: string): string;
  all(name: string): readonly string[];
}

export function paramsOf(url: URL, contentType: string | undefined, body: string | undefined): Params {
  const isForm = contentType?.split(';')[0]?.trim().toLowerCase() === 'application/x-www-form-urlencoded';
  const form = new URLSearchParams(isForm ? body : '');
  const all = (name: string): readonly string[] => [...form.getAll(name), ...url.searchParams.getAll(name)];
  return { all, one: (name) => all(name)[0] ?? '' };
}

const floatText = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

function parseFloat64(text: string): number | undefined {
  const value = floatText.test(text) ? Number(text) : undefined;
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds of seconds, with a fraction or not, or of RFC 3339. */
export function parseTime(text: string): Result<number, string> {
  const seconds = parseFloat64(text);
  if (seconds !== undefined) {
    const whole = Math.trunc(seconds);
    return ok(whole * 1_000 + Math.round((seconds - whole) * 1_000));
  }
  const ms = rfc3339.test(text) ? Date.parse(text.replace(',', '.')) : Number.NaN;
  return Number.isNaN(ms) ? fail(`cannot parse ${quoted(text)} to a valid timestamp`) : ok(ms);
}

/** Milliseconds of seconds or of `1m30s`. */
export function parseStep(text: string): Result<number, string> {
  const seconds = parseFloat64(text);
  if (seconds !== undefined) {
    if (Math.abs(seconds) * 1e9 > 2 ** 63) return fail(`cannot parse ${quoted(text)} to a valid duration. It overflows int64`);
    return ok(seconds * 1_000);
  }
  const ms = parsePromDuration(text);
  return typeof ms === 'number' ? ok(ms) : fail(`cannot parse ${quoted(text)} to a valid duration`);
}

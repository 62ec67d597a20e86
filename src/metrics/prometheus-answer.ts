import type { Answer } from '../core/analysis/question.ts';
import { clippedLine } from '../lib/clip.ts';
import { isObject } from '../lib/json.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import type { PrometheusReply } from './prometheus-http.ts';
import { failed, invalid, noData, unreadable } from './source.ts';

const longestText = 300;

/** A number as Prometheus sent it, with NaN and both infinities told apart. */
export interface Row {
  readonly labels: Readonly<Record<string, unknown>>;
  readonly value: number;
}

export interface Rows {
  readonly rows: readonly Row[];
  /** Warnings and infos of Prometheus: the values count, people should know. */
  readonly notes: string | undefined;
}

export interface Freshness {
  /** Our own clock, where the server sends no Date. */
  readonly nowMs: number;
  /** Samples older than this are no measurement of now. */
  readonly staleAfterMs: number;
}

type Reply = Extract<PrometheusReply, { kind: 'reply' }>;

/** The rows of an instant query's answer, or what it means that there are none to read. Pure. */
export function rowsOf(reply: Reply, freshness: Freshness): Result<Rows, Answer> {
  const { status, body } = reply;
  if (status === 204) return fail(noData('the server answered without content'));
  if (status < 200 || status > 299) return fail(statusAnswer(reply));
  if (!isObject(body) || typeof body.status !== 'string') return fail(unreadable(body, `HTTP ${status} without a Prometheus answer`));
  if (body.status !== 'success') return fail(errorAnswer(body));
  if (body.data === null) return fail(noData('the answer is null'));
  if (!isObject(body.data)) return fail(invalid('the answer has no data'));
  if (body.data.result === null) return fail(noData('the result is null'));
  const rows = readResult(body.data.resultType, body.data.result);
  if (!rows.ok) return rows;
  const serverMs = Date.parse(String(reply.headers.date ?? ''));
  const oldestMs = (Number.isNaN(serverMs) ? freshness.nowMs : serverMs) - freshness.staleAfterMs;
  if (rows.value.some((row) => row.atMs < oldestMs)) return fail(noData('the sample is stale'));
  return ok({ rows: rows.value, notes: notesOf(body) });
}

/** One row, or none, as an answer. */
export function valueAnswer({ rows, notes }: Rows): Answer {
  const [row, ...more] = rows;
  if (row === undefined) return noData(withNotes('no series match the query', notes));
  if (more.length > 0) return invalid(`the query gave ${rows.length} series; exactly one is needed: aggregate them, for example by sum()`);
  return numberAnswer(row.value, notes);
}

/** A finite number is a value; NaN and infinities are a division by nothing. */
export function numberAnswer(value: number, notes?: string): Answer {
  if (!Number.isFinite(value)) return noData(withNotes(`the result is ${value}: nothing was measured`, notes));
  return notes === undefined ? { kind: 'value', value } : { kind: 'value', value, message: notes };
}

const withNotes = (text: string, notes: string | undefined): string => (notes === undefined ? text : `${text}; ${notes}`);

type TimedRow = Row & { readonly atMs: number };

function readResult(type: unknown, result: unknown): Result<readonly TimedRow[], Answer> {
  switch (type) {
    case 'scalar': {
      const row = readSample(result, {});
      return row.ok ? ok([row.value]) : row;
    }
    case 'vector': {
      if (!Array.isArray(result)) return fail(invalid('the answer is no vector'));
      const rows: TimedRow[] = [];
      for (const series of result) {
        if (!isObject(series)) return fail(invalid('the answer is no vector'));
        if ('histogram' in series) return fail(invalid('the query gave a native histogram; a number is needed: use histogram_quantile()'));
        const row = readSample(series.value, isObject(series.metric) ? series.metric : {});
        if (!row.ok) return row;
        rows.push(row.value);
      }
      return ok(rows);
    }
    case 'string':
      return fail(invalid('the query gave a string; a number is needed'));
    case 'matrix':
      return fail(invalid('the query gave a range of samples; a number is needed: use rate() or a function over time'));
    default:
      return fail(invalid('the answer is of an unknown type'));
  }
}

function readSample(sample: unknown, labels: Readonly<Record<string, unknown>>): Result<TimedRow, Answer> {
  const [at, text]: readonly unknown[] = Array.isArray(sample) && sample.length === 2 ? sample : [];
  if (sample === null || (typeof at === 'number' && text === null)) return fail(noData('the value is null'));
  const value = typeof text === 'number' ? text : typeof text === 'string' ? promNumber(text) : undefined;
  if (typeof at !== 'number' || value === undefined) return fail(invalid('the value is no number'));
  return ok({ labels, value, atMs: at * 1_000 });
}

/** Prometheus' spelling of a float; undefined for anything else, the empty text included. */
export function promNumber(text: string): number | undefined {
  switch (text) {
    case 'NaN':
      return Number.NaN;
    case 'Inf':
    case '+Inf':
      return Number.POSITIVE_INFINITY;
    case '-Inf':
      return Number.NEGATIVE_INFINITY;
    default:
      return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
  }
}

function statusAnswer({ status, headers, body }: Reply): Answer {
  const message = `HTTP ${status}${errorText(body)}`;
  if (status === 400 || status === 422) return invalid(message);
  if (status >= 300 && status < 400) return failed(`${message}: redirects are not followed`);
  return failed(message, retryAfterMs(headers));
}

/** `status: error` under 200, as some proxies send it. */
function errorAnswer(body: Record<string, unknown>): Answer {
  const message = `Prometheus refused${errorText(body)}`;
  return body.errorType === 'bad_data' || body.errorType === 'execution' ? invalid(message) : failed(message);
}

// Only Prometheus' own error text is shown: other bodies could be anything that the address can reach.
function errorText(body: unknown): string {
  if (!isObject(body) || body.status !== 'error' || typeof body.error !== 'string') return '';
  const type = typeof body.errorType === 'string' ? `${clippedLine(body.errorType, longestText)}: ` : '';
  return `: ${type}${clippedLine(body.error, longestText)}`;
}

function notesOf(body: Record<string, unknown>): string | undefined {
  const texts = [body.warnings, body.infos].flatMap((list) => (Array.isArray(list) ? list.filter((note) => typeof note === 'string') : []));
  return texts.length === 0 ? undefined : clippedLine(`Prometheus: ${texts.join('; ')}`, longestText);
}

export function retryAfterMs(headers: Readonly<Record<string, unknown>>): number | undefined {
  const text = headers['retry-after'];
  if (typeof text !== 'string') return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  // A date is on the server's clock, and so is the one that comes with it.
  const delayMs = Date.parse(text) - Date.parse(String(headers.date ?? ''));
  return Number.isNaN(delayMs) ? undefined : Math.max(0, delayMs);
}

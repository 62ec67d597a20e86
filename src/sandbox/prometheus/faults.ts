import type { Drawn } from '../fault-switch.ts';
import type { Reply } from '../http-port.ts';
import { labelsData, type Notes } from './answer.ts';
import type { Labels } from './labels.ts';
import { noLabels } from './labels.ts';
import type { Value } from './promql/value.ts';

/** What may go wrong between a question and its answer. Several may be on at once. */
export type PrometheusFault =
  /** Nobody listens. */
  | { readonly kind: 'down' }
  /** Takes the connection and never answers, as an overloaded one does. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'status'; readonly status: number; readonly body?: string; readonly retryAfter?: string }
  /** Where the question brought a shorter timeout of its own, it is answered by 503 then. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Every number is this one: NaN, an infinity, a value that flaps from question to question. */
  | { readonly kind: 'value'; readonly next: () => number }
  | { readonly kind: 'empty' }
  | { readonly kind: 'twoSeries' }
  | { readonly kind: 'type'; readonly type: 'string' | 'matrix' | 'scalar' | 'histogram' }
  | ({ readonly kind: 'notes' } & Notes)
  /** Answered out of a cache: everything is as it was so long ago, its times too. */
  | { readonly kind: 'old'; readonly ageMs: number }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'huge'; readonly bytes: number };

/** The faults that struck a question. */
export type Struck = Drawn<PrometheusFault>;

/** The value that is told instead of the true one. */
export function distorted(value: Value, drawn: Struck): Value {
  let told = value;
  if (drawn.find('empty') !== undefined) told = { type: 'vector', samples: [] };
  const constant = drawn.find('value');
  if (constant !== undefined) told = everyNumber(told, constant.next());
  if (drawn.find('twoSeries') !== undefined) told = doubled(told);
  return told;
}

function everyNumber(value: Value, number: number): Value {
  switch (value.type) {
    case 'scalar':
      return { type: 'scalar', value: number };
    case 'vector':
      return { type: 'vector', samples: value.samples.map(({ labels }) => ({ labels, value: number })) };
    case 'matrix':
      return { type: 'matrix', series: value.series.map((series) => ({ ...series, values: series.values.map(() => number) })) };
    case 'string':
      return value;
  }
}

/** Each series twice: told apart by a label that nobody asked for, as by a second replica of an exporter. */
function doubled(value: Value): Value {
  const samples = value.type === 'vector' ? value.samples : value.type === 'scalar' ? [{ labels: noLabels, value: value.value }] : [];
  const replica = (labels: Labels, name: string): Labels => new Map([...labels, ['replica', name]]);
  return {
    type: 'vector',
    samples: ['a', 'b'].flatMap((name) => samples.map((each) => ({ ...each, labels: replica(each.labels, name) }))),
  };
}

/** `data` of another type than the question has. */
export function retyped(value: Value, type: 'string' | 'matrix' | 'scalar' | 'histogram', atMs: number): unknown {
  const at = atMs / 1_000;
  const [first] = value.type === 'vector' ? value.samples : [];
  const metric = labelsData(first?.labels ?? noLabels);
  const text = String(first?.value ?? 1);
  switch (type) {
    case 'string':
      return { resultType: 'string', result: [at, text] };
    case 'scalar':
      return { resultType: 'scalar', result: [at, text] };
    case 'matrix':
      return { resultType: 'matrix', result: [{ metric, values: [[at, text]] }] };
    case 'histogram':
      return { resultType: 'vector', result: [{ metric, histogram: [at, { count: text, sum: text, buckets: [[0, '0', '1', text]] }] }] };
  }
}

/** What the wire makes of an answer. `timeoutMs`: what the question allowed. */
export function spoiled(reply: Reply, drawn: Struck, timedOut: Reply, timeoutMs: number | undefined): Reply {
  let sent = reply;
  const huge = drawn.find('huge');
  if (huge !== undefined) sent = { ...sent, body: sent.body.replace(/}$/, `,"padding":"${'x'.repeat(huge.bytes)}"}`) };
  if (drawn.find('garbage') !== undefined) sent = { ...sent, body: '<html>\u0000\uFFFD not what you asked for' };
  if (drawn.find('truncated') !== undefined) sent = { ...sent, brokenAfterBytes: Buffer.byteLength(sent.body) >> 1 };
  const slow = drawn.find('slow');
  if (slow === undefined) return sent;
  if (timeoutMs !== undefined && timeoutMs < slow.delayMs) return { ...timedOut, afterMs: Math.max(0, timeoutMs) };
  return { ...sent, afterMs: slow.delayMs };
}

import type { Answer, BuiltinMetric } from '../core/analysis/question.ts';
import { formatDuration, parseDuration } from '../lib/duration.ts';
import { isObject } from '../lib/json.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { isSentinel, parseQuantity } from './quantity.ts';
import { invalid, noData, type ProviderOf, type SourceAnswer } from './source.ts';

type Asked = Pick<ProviderOf<'trafficMetrics'>, 'value' | 'resource' | 'subject' | 'windowMs'>;
type Item = Readonly<Record<string, unknown>>;

const staleAfterMs = 60_000;
const longestLatencyMs = 1e9;

/** What a TrafficMetrics object or list says about the workload that was asked for. Pure. */
export function trafficMetricsAnswer(asked: Asked, body: unknown, nowMs: number): SourceAnswer {
  const item = itemOf(asked, body);
  if (!item.ok) return item.failure;
  const coveredMs = parseDuration(textOf(item.value.window) ?? '') ?? asked.windowMs;
  const stale = stalenessOf(item.value, coveredMs, nowMs);
  if (stale !== undefined) return stale;
  const answer = metricsAnswer(asked.value, item.value);
  if (answer.kind !== 'value' || coveredMs <= asked.windowMs) return answer;
  const message = `the server covers ${formatDuration(coveredMs)}, not ${formatDuration(asked.windowMs)}`;
  return { ...answer, message, windowMs: coveredMs };
}

function itemOf(asked: Asked, body: unknown): Result<Item, Answer> {
  if (body === null) return fail(noData('the answer is null'));
  if (!isObject(body)) return fail(invalid('the answer is no TrafficMetrics object'));
  if (!Array.isArray(body.items)) {
    const mismatch = mismatchOf(asked, body);
    return mismatch === undefined ? ok(body) : fail(invalid(mismatch));
  }
  const items = body.items.filter(isObject);
  const ours = totals(items.filter((item) => mismatchOf(asked, item) === undefined));
  const [first, ...more] = ours;
  if (first === undefined) return fail(noData(`${items.length} objects, none of them of ${nameOf(asked)}`));
  return more.length === 0 ? ok(first) : fail(invalid(`${ours.length} objects of ${nameOf(asked)}; one was expected`));
}

const nameOf = ({ resource, subject }: Asked): string =>
  resource === 'deployments' ? `Deployment ${subject.workload}` : `backend ${subject.service} of TrafficSplit ${subject.split}`;

/** Why an object is of something else than what was asked for; undefined where it fits. */
function mismatchOf({ resource, subject }: Asked, item: Item): string | undefined {
  const of = isObject(item.resource) ? item.resource : {};
  const wanted =
    resource === 'deployments' ? { kind: 'deployment', name: subject.workload } : { kind: 'trafficsplit', name: subject.split };
  const kind = textOf(of.kind)?.toLowerCase();
  if (of.name !== wanted.name) return `the object is of ${String(of.name ?? 'nothing')}, not of ${wanted.name}`;
  if (kind !== undefined && kind !== wanted.kind && kind !== `${wanted.kind}s`)
    return `the object is of a ${kind}, not of a ${wanted.kind}`;
  const namespace = textOf(of.namespace);
  if (namespace !== undefined && namespace !== subject.namespace) return `the object is of namespace ${namespace}`;
  if (isObject(item.edge) && item.edge.direction === 'to') return 'the object counts what the workload sends, not what it serves';
  if (resource === 'deployments') return undefined;
  const backend = isObject(item.backend) ? item.backend : {};
  return backend.name === subject.service ? undefined : `the object is of backend ${String(backend.name ?? 'nothing')}`;
}

/** Among several objects of one workload: the totals rather than single edges, and the server's side rather than its clients'. */
function totals(items: readonly Item[]): readonly Item[] {
  const edgeOf = (item: Item): Item => (isObject(item.edge) ? item.edge : {});
  const whole = items.filter((item) => !isObject(edgeOf(item).resource));
  const rest = whole.length > 0 ? whole : items;
  if (rest.length < 2) return rest;
  const server = rest.filter((item) => edgeOf(item).side === 'server');
  return server.length > 0 ? server : rest;
}

function stalenessOf(item: Item, coveredMs: number, nowMs: number): Answer | undefined {
  const text = textOf(item.timestamp);
  // Go's zero time means that nobody set it.
  if (text === undefined || text.startsWith('0001-')) return undefined;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) return invalid('the timestamp is no time');
  return nowMs - atMs > coveredMs + staleAfterMs ? noData(`the object is ${formatDuration(nowMs - atMs)} old`) : undefined;
}

const latencyNames: Readonly<Record<Exclude<BuiltinMetric, 'successRate' | 'requests'>, string>> = {
  p50: 'p50_response_latency',
  p90: 'p90_response_latency',
  p99: 'p99_response_latency',
};

function metricsAnswer(value: BuiltinMetric, item: Item): Answer {
  if (item.metrics === null) return noData('the metrics are null');
  if (!Array.isArray(item.metrics)) return invalid('the object has no metrics');
  const metrics = item.metrics.filter(isObject);
  const success = countOf(metrics, 'success_count');
  if (!success.ok) return success.failure;
  const failure = countOf(metrics, 'failure_count');
  if (!failure.ok) return failure.failure;
  const requests = success.value + failure.value;
  if (requests === 0) return noData('no requests in the window');
  if (value === 'requests') return { kind: 'value', value: requests, requests };
  if (value === 'successRate') return { kind: 'value', value: success.value / requests, requests };
  const latencyMs = latencyOf(metrics, latencyNames[value]);
  return latencyMs.ok ? { kind: 'value', value: latencyMs.value, requests } : latencyMs.failure;
}

function countOf(metrics: readonly Item[], name: string): Result<number, Answer> {
  const metric = metrics.find((each) => each.name === name);
  if (metric === undefined) return fail(noData(`${name} is missing`));
  if (metric.value === null) return fail(noData(`${name} is null`));
  if (isSentinel(metric.value)) return fail(noData(`${name} is a NaN`));
  const count = parseQuantity(metric.value);
  if (count === undefined) return fail(invalid(`${name} is no quantity`));
  return count < 0 ? fail(invalid(`${name} is negative`)) : ok(count);
}

// The spec's example says seconds, every implementation says ms.
const unitsMs: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [undefined, 1],
  [null, 1],
  ['', 1],
  ['ms', 1],
  ['milliseconds', 1],
  ['s', 1_000],
  ['seconds', 1_000],
]);

function latencyOf(metrics: readonly Item[], name: string): Result<number, Answer> {
  const metric = metrics.find((each) => each.name === name);
  if (metric === undefined) return fail(noData(`${name} is missing`));
  const unitMs = unitsMs.get(metric.unit);
  if (unitMs === undefined) return fail(invalid(`${name} has the unknown unit ${String(metric.unit).slice(0, 40)}`));
  if (metric.value === null) return fail(noData(`${name} is null`));
  if (isSentinel(metric.value)) return fail(noData(`${name} is a NaN`));
  const quantity = parseQuantity(metric.value);
  if (quantity === undefined) return fail(invalid(`${name} is no quantity`));
  const latencyMs = quantity * unitMs;
  if (latencyMs < 0) return fail(invalid(`${name} is negative`));
  // An empty latency query answers 0, though there was traffic.
  if (latencyMs === 0 || latencyMs >= longestLatencyMs) return fail(noData(`${name} is ${latencyMs} ms: nothing was measured`));
  return ok(latencyMs);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

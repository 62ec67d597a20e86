import type { Clock } from '../../lib/clock.ts';
import { parseDuration } from '../../lib/duration.ts';
import type { Random } from '../../lib/random.ts';
import { FaultSwitch } from '../fault-switch.ts';
import { badRequest, jsonReply, type Port, type PortAnswer, type Reply, readAddress, textReply } from '../http-port.ts';
import { factsOf, type Means, objectsFor, type Question, type Struck } from './answers.ts';
import { discoveryAnswer, resourceOf } from './discovery.ts';
import { group, statusObject, trafficMetrics, trafficMetricsList } from './objects.ts';
import { smiMetrics, type TrafficMetricsFault } from './quirks.ts';

export interface TrafficMetricsApiOptions extends Means {
  readonly clock: Clock;
  readonly random: Random;
}

export interface TrafficMetricsApi {
  readonly answer: Port;
  /** Each question is drawn for by its path. */
  readonly faults: FaultSwitch<TrafficMetricsFault>;
}

/** SMI TrafficMetrics as an aggregated API, `/apis/metrics.smi-spec.io/...`: get, list and edges of deployments, pods and splits. */
export function createTrafficMetricsApi(options: TrafficMetricsApiOptions): TrafficMetricsApi {
  const faults = new FaultSwitch<TrafficMetricsFault>(options.random);
  return { faults, answer: (request) => answer(request.method, request.url, options, faults) };
}

function answer(method: string, address: string, options: TrafficMetricsApiOptions, faults: FaultSwitch<TrafficMetricsFault>): PortAnswer {
  const nowMs = options.clock.nowMs();
  const read = readAddress(address);
  if (read === undefined) return badRequest(nowMs);
  const drawn = faults.draw(read.url.pathname);
  if (drawn.find('silent') !== undefined) return { kind: 'silence' };
  if (drawn.find('down') !== undefined) return textReply(503, 'service unavailable\n', nowMs);
  const broken = drawn.find('status');
  if (broken !== undefined) return textReply(broken.status, broken.body ?? 'error trying to reach service', nowMs);
  if (method !== 'GET') return jsonReply(405, statusObject(405, 'MethodNotAllowed', 'the server does not allow this method'), nowMs);
  return spoiled(reply(read, options, drawn, nowMs), drawn);
}

type Address = NonNullable<ReturnType<typeof readAddress>>;

function spoiled(sent: Reply, drawn: Struck): Reply {
  let spoilt = sent;
  if (drawn.find('garbage') !== undefined) spoilt = { ...spoilt, body: '{"kind":"TrafficMetrics","metrics":[\uFFFD' };
  if (drawn.find('truncated') !== undefined) spoilt = { ...spoilt, brokenAfterBytes: Buffer.byteLength(spoilt.body) >> 1 };
  const slow = drawn.find('slow');
  return slow === undefined ? spoilt : { ...spoilt, afterMs: slow.delayMs };
}

function reply({ url, segments }: Address, options: TrafficMetricsApiOptions, drawn: Struck, nowMs: number): Reply {
  const { served } = options.quirks ?? smiMetrics;
  const [apis, named, version, ...rest] = segments;
  const isServed = served.some((each) => each === version);
  if (apis !== 'apis' || named !== group || (version !== undefined && !isServed)) return textReply(404, '404 page not found\n', nowMs);
  if (version === undefined || rest.length === 0) return jsonReply(200, discoveryAnswer(version, served), nowMs);
  const [namespace, [plural = '', name, sub]] = rest[0] === 'namespaces' && rest.length > 2 ? [rest[1] ?? '', rest.slice(2)] : ['', rest];
  const resource = resourceOf(plural, version);
  if (resource === undefined || (sub !== undefined && sub !== 'edges')) {
    return jsonReply(404, { error: `Unsupported resource: ${plural}` }, nowMs);
  }
  const question = { version, namespace, resource, name, wantsEdges: sub === 'edges' };
  return questionReply({ ...question, ...timesOf(url, options, drawn, nowMs) }, options, drawn, nowMs);
}

function timesOf(
  url: URL,
  { quirks = smiMetrics }: TrafficMetricsApiOptions,
  drawn: Struck,
  nowMs: number,
): Pick<Question, 'windowMs' | 'atMs'> {
  const asked = quirks.hearsWindow ? parseDuration(url.searchParams.get('t') ?? '') : undefined;
  return {
    windowMs: drawn.find('window')?.windowMs ?? asked ?? quirks.defaultWindowMs,
    atMs: nowMs - (drawn.find('old')?.ageMs ?? 0),
  };
}

/** How smi-metrics says that it has nothing to say, whatever the reason. */
const lookupFailed = { error: 'unable to lookup metrics' };

function questionReply(question: Question, options: TrafficMetricsApiOptions, drawn: Struck, nowMs: number): Reply {
  const { quirks = smiMetrics } = options;
  const { version, resource, name } = question;
  const mute = drawn.find('noSeries');
  const objects = mute === undefined ? objectsFor(question, options, drawn) : [];
  if (objects === undefined) return jsonReply(500, lookupFailed, nowMs);
  const list = (items: readonly unknown[]): Reply => jsonReply(200, trafficMetricsList(version, resource.plural, items), nowMs);
  const isSplit = resource.plural === 'trafficsplits';
  if (name === undefined || question.wantsEdges) return list(objects);
  if (objects.length > 0)
    return isSplit || objects.length > 1 || quirks.single === 'list' ? list(objects) : jsonReply(200, objects[0], nowMs);
  switch (mute?.silence ?? quirks.silence) {
    case 'error':
      return jsonReply(500, lookupFailed, nowMs);
    case 'emptyList':
      return list([]);
    case 'zeroes':
      return jsonReply(200, trafficMetrics(factsOf(question, name, question.namespace), {}, quirks), nowMs);
    case 'notFound':
      return jsonReply(404, statusObject(404, 'NotFound', `${resource.plural}.${group} "${name}" not found`), nowMs);
  }
}

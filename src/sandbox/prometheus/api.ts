import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { FaultSwitch } from '../fault-switch.ts';
import { badRequest, jsonReply, type Port, type PortRequest, type Reply, readAddress, textReply } from '../http-port.ts';
import { failure, type JsonAnswer } from './answer.ts';
import type { Asked, Route, World } from './asked.ts';
import { type PrometheusFault, spoiled } from './faults.ts';
import { buildInfo, labelNames, labelValues, series } from './listing-routes.ts';
import { paramsOf, parseStep } from './params.ts';
import { createEngine, type Engine } from './promql/engine.ts';
import type { Limits } from './promql/select.ts';
import { instantQuery, rangeQuery } from './query-routes.ts';
import type { TimeSeriesStore } from './store.ts';

export interface PrometheusApi {
  readonly answer: Port;
  /** Each question is drawn for by the text of its query, empty where it has none. */
  readonly faults: FaultSwitch<PrometheusFault>;
  /** For whoever needs a number without HTTP; no fault strikes it. */
  readonly engine: Engine;
}

export interface PrometheusApiOptions {
  readonly store: TimeSeriesStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<Limits>;
}

/** The HTTP API of Prometheus 2.42, as far as clients that ask questions use it. */
export function createPrometheusApi({ store, clock, random, limits }: PrometheusApiOptions): PrometheusApi {
  const engine = createEngine(store, limits);
  const faults = new FaultSwitch<PrometheusFault>(random);
  return { engine, faults, answer: (request) => answer(request, { store, engine, nowMs: clock.nowMs() }, faults) };
}

const routes: Readonly<Record<string, { readonly methods: readonly string[]; readonly run: Route }>> = {
  '/api/v1/query': { methods: ['GET', 'POST'], run: instantQuery },
  '/api/v1/query_range': { methods: ['GET', 'POST'], run: rangeQuery },
  '/api/v1/series': { methods: ['GET', 'POST'], run: series },
  '/api/v1/labels': { methods: ['GET', 'POST'], run: labelNames },
  '/api/v1/label/*/values': { methods: ['GET'], run: labelValues },
  '/api/v1/status/buildinfo': { methods: ['GET'], run: buildInfo },
};

function answer(request: PortRequest, world: World, faults: FaultSwitch<PrometheusFault>): ReturnType<Port> {
  const read = readAddress(request.url);
  if (read === undefined) return badRequest(world.nowMs);
  const params = paramsOf(read.url, request.headers?.['content-type'], request.body);
  const drawn = faults.draw(params.one('query'));
  if (drawn.find('down') !== undefined) return { kind: 'refused' };
  if (drawn.find('silent') !== undefined) return { kind: 'silence' };
  const timeout = params.one('timeout') === '' ? undefined : parseStep(params.one('timeout'));
  const timedOut = replyOf(failure('timeout', 'query timed out in expression evaluation'), world);
  return spoiled(reply(request.method, read, { params, drawn }, world), drawn, timedOut, timeout?.ok ? timeout.value : undefined);
}

type Address = NonNullable<ReturnType<typeof readAddress>>;

const replyOf = ({ status, body }: JsonAnswer, { nowMs }: World): Reply => jsonReply(status, body, nowMs);

function reply(method: string, { url, segments }: Address, { params, drawn }: Omit<Asked, 'label'>, world: World): Reply {
  const broken = drawn.find('status');
  if (broken !== undefined) {
    const said = textReply(broken.status, broken.body ?? 'upstream connect error', world.nowMs);
    return broken.retryAfter === undefined ? said : { ...said, headers: { ...said.headers, 'retry-after': broken.retryAfter } };
  }
  if (url.pathname === '/-/ready') return textReply(200, 'Prometheus Server is Ready.\n', world.nowMs);
  if (url.pathname === '/-/healthy') return textReply(200, 'Prometheus Server is Healthy.\n', world.nowMs);
  const [, , , label = '', last] = segments;
  const isValues = url.pathname.startsWith('/api/v1/label/') && segments.length === 5 && last === 'values';
  const route = routes[isValues ? '/api/v1/label/*/values' : url.pathname];
  if (route === undefined) return textReply(404, '404 page not found\n', world.nowMs);
  if (!route.methods.includes(method)) return textReply(405, 'Method Not Allowed\n', world.nowMs);
  return replyOf(route.run(world, { params, drawn, label }), world);
}

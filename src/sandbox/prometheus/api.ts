import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { fail, ok, type Result } from '../../lib/result.ts';
import { FaultSwitch } from '../fault-switch.ts';
import { badRequest, jsonReply, type Port, type PortRequest, type Reply, segmentsOf, textReply } from '../http-port.ts';
import { failure, instantData, type JsonAnswer, labelsData, matrixData, type Notes, success } from './answer.ts';
import { distorted, type PrometheusFault, retyped, type Struck, spoiled } from './faults.ts';
import { quoted } from './go-text.ts';
import { compareLabels, type Labels, labelsKey } from './labels.ts';
import { type Params, paramsOf, parseStep, parseTime } from './params.ts';
import { createEngine, type Engine, type QueryFailure, readMatchers } from './promql/engine.ts';
import type { Limits } from './promql/select.ts';
import type { Series, TimeSeriesStore } from './store.ts';

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
  return { engine, faults, answer: (request) => answer(request, { store, engine, faults, nowMs: clock.nowMs() }) };
}

interface World {
  readonly store: TimeSeriesStore;
  readonly engine: Engine;
  readonly faults: FaultSwitch<PrometheusFault>;
  readonly nowMs: number;
}

interface Asked {
  readonly params: Params;
  readonly drawn: Struck;
  /** Of `/label/NAME/values`. */
  readonly label: string;
}

type Route = (world: World, asked: Asked) => JsonAnswer;

const routes: Readonly<Record<string, { readonly methods: readonly string[]; readonly run: Route }>> = {
  '/api/v1/query': { methods: ['GET', 'POST'], run: instantQuery },
  '/api/v1/query_range': { methods: ['GET', 'POST'], run: rangeQuery },
  '/api/v1/series': { methods: ['GET', 'POST'], run: series },
  '/api/v1/labels': { methods: ['GET', 'POST'], run: labelNames },
  '/api/v1/label/*/values': { methods: ['GET'], run: labelValues },
  '/api/v1/status/buildinfo': { methods: ['GET'], run: buildInfo },
};

function answer(request: PortRequest, world: World): ReturnType<Port> {
  const url = new URL(request.url, 'http://prometheus');
  const params = paramsOf(url, request.headers?.['content-type'], request.body);
  const drawn = world.faults.draw(params.one('query'));
  if (drawn.find('down') !== undefined) return { kind: 'refused' };
  if (drawn.find('silent') !== undefined) return { kind: 'silence' };
  const timeout = params.one('timeout') === '' ? undefined : parseStep(params.one('timeout'));
  const timedOut = replyOf(failure('timeout', 'query timed out in expression evaluation'), world);
  return spoiled(reply(request, url, { params, drawn }, world), drawn, timedOut, timeout?.ok ? timeout.value : undefined);
}

const replyOf = ({ status, body }: JsonAnswer, { nowMs }: World): Reply => jsonReply(status, body, nowMs);

function reply({ method }: PortRequest, url: URL, { params, drawn }: Omit<Asked, 'label'>, world: World): Reply {
  const broken = drawn.find('status');
  if (broken !== undefined) {
    const said = textReply(broken.status, broken.body ?? 'upstream connect error', world.nowMs);
    return broken.retryAfter === undefined ? said : { ...said, headers: { ...said.headers, 'retry-after': broken.retryAfter } };
  }
  if (url.pathname === '/-/ready') return textReply(200, 'Prometheus Server is Ready.\n', world.nowMs);
  if (url.pathname === '/-/healthy') return textReply(200, 'Prometheus Server is Healthy.\n', world.nowMs);
  const segments = segmentsOf(url);
  if (segments === undefined) return badRequest(world.nowMs);
  const [, , , label = '', last] = segments;
  const isValues = url.pathname.startsWith('/api/v1/label/') && segments.length === 5 && last === 'values';
  const route = routes[isValues ? '/api/v1/label/*/values' : url.pathname];
  if (route === undefined) return textReply(404, '404 page not found\n', world.nowMs);
  if (!route.methods.includes(method)) return textReply(405, 'Method Not Allowed\n', world.nowMs);
  return replyOf(route.run(world, { params, drawn, label }), world);
}

const badParam = (name: string, message: string): JsonAnswer => failure('bad_data', `invalid parameter ${quoted(name)}: ${message}`);

const refused = ({ kind, message }: QueryFailure): JsonAnswer => failure(kind, message);

const notesOf = (drawn: Struck): Notes => {
  const { warnings, infos } = drawn.find('notes') ?? {};
  return { ...(warnings === undefined ? {} : { warnings }), ...(infos === undefined ? {} : { infos }) };
};

function timeParam(params: Params, name: string, otherwiseMs: number): Result<number, JsonAnswer> {
  const text = params.one(name);
  if (text === '') return ok(otherwiseMs);
  const ms = parseTime(text);
  return ms.ok ? ms : fail(badParam(name, `Invalid time value for '${name}': ${ms.failure}`));
}

/** A question whose time is over before it begins. */
function timeoutProblem(params: Params): JsonAnswer | undefined {
  const text = params.one('timeout');
  if (text === '') return undefined;
  const ms = parseStep(text);
  if (!ms.ok) return badParam('timeout', ms.failure);
  return ms.value <= 0 ? failure('timeout', 'query timed out in query queue') : undefined;
}

function instantQuery({ engine, nowMs }: World, { params, drawn }: Asked): JsonAnswer {
  const asked = timeParam(params, 'time', nowMs);
  if (!asked.ok) return asked.failure;
  const problem = timeoutProblem(params);
  if (problem?.status === 400) return problem;
  const atMs = asked.value - (drawn.find('old')?.ageMs ?? 0);
  const value = engine.instant(params.one('query'), atMs);
  if (!value.ok) {
    if (value.failure.kind === 'bad_data') return badParam('query', value.failure.message);
    return problem ?? refused(value.failure);
  }
  if (problem !== undefined) return problem;
  const told = distorted(value.value, drawn);
  const other = drawn.find('type');
  return success(other === undefined ? instantData(told, atMs) : retyped(told, other.type, atMs), notesOf(drawn));
}

const mostPoints = 11_000;

function rangeQuery({ engine }: World, { params, drawn }: Asked): JsonAnswer {
  const start = parseTime(params.one('start'));
  if (!start.ok) return badParam('start', start.failure);
  const end = parseTime(params.one('end'));
  if (!end.ok) return badParam('end', end.failure);
  if (end.value < start.value) return badParam('end', 'end timestamp must not be before start time');
  const step = parseStep(params.one('step'));
  if (!step.ok) return badParam('step', step.failure);
  if (step.value <= 0) {
    return badParam('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  }
  if (Math.trunc((end.value - start.value) / step.value) > mostPoints) {
    const most = 'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)';
    return failure('bad_data', most);
  }
  const problem = timeoutProblem(params);
  if (problem?.status === 400) return problem;
  const ageMs = drawn.find('old')?.ageMs ?? 0;
  // Shorter than a millisecond is a step of one: the samples have no finer time.
  const steps = { startMs: start.value - ageMs, endMs: end.value - ageMs, stepMs: Math.max(1, Math.trunc(step.value)) };
  const found = engine.range(params.one('query'), steps);
  if (!found.ok) return found.failure.kind === 'bad_data' ? refused(found.failure) : (problem ?? refused(found.failure));
  if (problem !== undefined) return problem;
  const told = distorted({ type: 'matrix', series: found.value }, drawn);
  return success(matrixData(told.type === 'matrix' ? told.series : []), notesOf(drawn));
}

/** The series that any `match[]` selects and that have a sample between `start` and `end`; all of them without `match[]`. */
function selected({ store }: World, params: Params, describe: (message: string) => JsonAnswer): Result<readonly Series[], JsonAnswer> {
  const start = timeParam(params, 'start', Number.NEGATIVE_INFINITY);
  if (!start.ok) return start;
  const end = timeParam(params, 'end', Number.POSITIVE_INFINITY);
  if (!end.ok) return end;
  const sets = [];
  for (const text of params.all('match[]')) {
    const matchers = readMatchers(text);
    if (!matchers.ok) return fail(describe(matchers.failure.message));
    if (matchers.value.every((matcher) => matcher.matches('')))
      return fail(describe('match[] must contain at least one non-empty matcher'));
    sets.push(matchers.value);
  }
  const candidates = sets.length === 0 ? [...store.all()] : sets.flatMap((matchers) => store.select(matchers));
  const unique = new Map(candidates.map((each) => [labelsKey(each.labels), each]));
  return ok([...unique.values()].filter(({ timesMs }) => timesMs.some((atMs) => atMs >= start.value && atMs <= end.value)));
}

function series(world: World, { params }: Asked): JsonAnswer {
  if (params.all('match[]').length === 0) return failure('bad_data', 'no match[] parameter provided');
  const found = selected(world, params, (message) => badParam('match[]', message));
  if (!found.ok) return found.failure;
  const labels: Labels[] = found.value.map((each) => each.labels).sort(compareLabels);
  return success(labels.map(labelsData));
}

function labelNames(world: World, { params }: Asked): JsonAnswer {
  const found = selected(world, params, (message) => failure('bad_data', message));
  return found.ok ? success(sortedSet(found.value.flatMap(({ labels }) => [...labels.keys()]))) : found.failure;
}

function labelValues(world: World, { params, label }: Asked): JsonAnswer {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) return failure('bad_data', `invalid label name: ${quoted(label)}`);
  const found = selected(world, params, (message) => failure('bad_data', message));
  return found.ok ? success(sortedSet(found.value.flatMap(({ labels }) => labels.get(label) ?? []))) : found.failure;
}

const sortedSet = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

function buildInfo(): JsonAnswer {
  return success({ version: '2.42.0', revision: 'sandbox', branch: '', buildUser: '', buildDate: '', goVersion: '' });
}

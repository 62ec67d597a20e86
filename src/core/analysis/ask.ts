import type { Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import { conditionProblemsIn } from './condition.ts';
import { jsonPathOf } from './json-path.ts';
import type { Metric, MetricProvider, PrometheusProvider, TrafficMetricsProvider, WebProvider } from './metric.ts';
import type { Problem } from './problem.ts';
import { below } from './problem.ts';
import { substitutePromql } from './promql.ts';
import { lookBackMs } from './promql-window.ts';
import type { MetricSubject, Question, ResolvedProvider, SideProvider } from './question.ts';
import type { Scope } from './scope.ts';
import { ownWindowMs } from './scope.ts';
import { substituteBody, substituteHeader, substituteUrl } from './substitute.ts';

/** A question with every argument filled in, and how far into the past its answer looks. */
export interface Asking {
  readonly question: Question;
  readonly windowMs: number;
}

/** Where the question is asked from: whose Secrets, and the split where it is not named like the root Service. */
export interface AskContext {
  readonly namespace: string;
  readonly split?: string | undefined;
}

export const noWindow: Problem = { path: [], message: 'argument "window" must be a duration of at least 1s' };

/** Under this name, which no argument can have, a side of a comparison keeps the root Service. */
const rootServiceName = 'root service';

/** The question of `metric` in `scope`, whose `window` is the one to ask for. All problems with paths below the metric; nothing is sent where there are any. */
export function askingOf(metric: Metric, scope: Scope, context: AskContext): Result<Asking, readonly Problem[]> {
  const windowMs = ownWindowMs(scope);
  if (windowMs === undefined) return fail([noWindow]);
  const frame = { scope, windowMs, context };
  const resolved = metric.compare === undefined ? resolve(metric.provider, frame) : resolveComparison(metric.provider, frame);
  if (!resolved.ok) return resolved;
  return ok({ question: { namespace: context.namespace, provider: resolved.value.provider }, windowMs: resolved.value.windowMs });
}

/** How far into the past `metric` looks: literal ranges read out of its query, else `{{args.window}}` (the template's own, 1m). */
export function windowMsOf(metric: Metric, scope: Scope): Result<number, readonly Problem[]> {
  const asking = askingOf(metric, scope, { namespace: '' });
  return asking.ok ? ok(asking.value.windowMs) : asking;
}

interface Frame {
  readonly scope: Scope;
  readonly windowMs: number;
  readonly context: AskContext;
}

type Resolved<P extends ResolvedProvider = ResolvedProvider> = Result<
  { readonly provider: P; readonly windowMs: number },
  readonly Problem[]
>;

function resolve({ prometheus, trafficMetrics, web }: MetricProvider, frame: Frame): Resolved {
  if (web !== undefined) return resolveWeb(web, frame);
  return prometheus === undefined
    ? resolveTrafficMetrics(trafficMetrics ?? usualTrafficMetrics, frame)
    : resolvePrometheus(prometheus, frame);
}

const usualTrafficMetrics: TrafficMetricsProvider = { value: 'successRate', resource: 'deployments' };

/** The same question of the canary and of stable. `{{args.workload}}` and `{{args.service}}` stand for each in its turn. */
function resolveComparison({ prometheus, trafficMetrics }: MetricProvider, frame: Frame): Resolved {
  const side = (of: 'canary' | 'stable'): Resolved<SideProvider> => {
    const ofSide = { ...frame, scope: sideScope(frame.scope, of) };
    return prometheus === undefined
      ? resolveTrafficMetrics(trafficMetrics ?? usualTrafficMetrics, ofSide)
      : resolvePrometheus(prometheus, ofSide);
  };
  const [canary, stable] = [side('canary'), side('stable')];
  if (!canary.ok) return canary;
  if (!stable.ok) return stable;
  const provider = { kind: 'comparison', canary: canary.value.provider, stable: stable.value.provider } as const;
  return ok({ provider, windowMs: Math.max(canary.value.windowMs, stable.value.windowMs) });
}

function sideScope(scope: Scope, of: 'canary' | 'stable'): Scope {
  const side = new Map(scope);
  const set = (name: string, from: string) => {
    const bound = scope.get(from);
    if (bound === undefined) side.delete(name);
    else side.set(name, bound);
  };
  set('workload', `${of}Workload`);
  set('service', `${of}Service`);
  set('canaryWorkload', `${of}Workload`);
  set('canaryService', `${of}Service`);
  // Whose split and root Service a series may name; the argument itself stands for the side.
  set(rootServiceName, 'service');
  return side;
}

function resolvePrometheus(provider: PrometheusProvider, frame: Frame): Resolved<SideProvider> {
  const { scope } = frame;
  const collected = collector(['provider', 'prometheus']);
  const address = provider.address === undefined ? undefined : collected.take('address', substituteUrl(provider.address, scope));
  const headers = provider.headers.flatMap(
    (header, index) => collected.take(`headers.${index}.value`, substituteHeader(header, scope)) ?? [],
  );
  const common = {
    ...(address === undefined ? {} : { address }),
    timeoutMs: provider.timeout,
    headers,
    ...(provider.tls === undefined ? {} : { tls: provider.tls }),
  };
  if (provider.query === undefined) {
    const subject = collected.take('builtin', subjectOf(frame, ['canaryWorkload', 'canaryService']));
    if (subject === undefined || collected.problems.length > 0) return fail(collected.problems);
    const { builtin = 'successRate', mesh } = provider;
    return ok({
      provider: { kind: 'prometheusBuiltin', ...common, builtin, mesh, subject, windowMs: frame.windowMs },
      windowMs: frame.windowMs,
    });
  }
  const query = collected.take('query', substitutePromql(provider.query, scope));
  const countQuery =
    provider.countQuery === undefined ? undefined : collected.take('countQuery', substitutePromql(provider.countQuery, scope));
  if (query === undefined || collected.problems.length > 0) return fail(collected.problems);
  const queries = countQuery === undefined ? [query] : [query, countQuery];
  return ok({
    provider: { kind: 'prometheus', ...common, query, ...(countQuery === undefined ? {} : { countQuery }) },
    windowMs: Math.max(...queries.map((text) => lookBackMs(text, frame.windowMs))),
  });
}

function resolveTrafficMetrics({ value, resource, window }: TrafficMetricsProvider, frame: Frame): Resolved<SideProvider> {
  const collected = collector(['provider', 'trafficMetrics']);
  const names = resource === 'deployments' ? (['canaryWorkload'] as const) : (['service', 'canaryService'] as const);
  const subject = collected.take('resource', subjectOf(frame, names));
  if (subject === undefined) return fail(collected.problems);
  const windowMs = window ?? frame.windowMs;
  return ok({ provider: { kind: 'trafficMetrics', value, resource, subject, windowMs }, windowMs });
}

/** Nobody knows how far back such an answer looks: as far as `{{args.window}}` says, whether the request tells the server or not. */
function resolveWeb({ url, method, headers, body, jsonPath, timeout }: WebProvider, { scope, windowMs }: Frame): Resolved {
  const collected = collector(['provider', 'web']);
  const path = collected.take('jsonPath', singly(jsonPathOf(jsonPath)));
  const target = collected.take('url', substituteUrl(url, scope));
  const sent = body === undefined ? undefined : collected.take('body', substituteBody(body, scope));
  const carried = headers.flatMap((header, index) => collected.take(`headers.${index}.value`, substituteHeader(header, scope)) ?? []);
  if (path === undefined || target === undefined || collected.problems.length > 0) return fail(collected.problems);
  const provider = { kind: 'web', url: target, method, path, timeoutMs: timeout, headers: carried } as const;
  return ok({ provider: sent === undefined ? provider : { ...provider, body: sent }, windowMs });
}

const singly = <T>(result: Result<T, string>): Result<T, readonly string[]> => (result.ok ? result : fail([result.failure]));

/** Whose requests: by the predefined arguments, of which `required` must be there. */
function subjectOf({ scope, context }: Frame, required: readonly string[]): Result<MetricSubject, readonly string[]> {
  const text = (name: string) => {
    const bound = scope.get(name);
    return bound?.kind === 'text' && bound.text !== '' ? bound.text : undefined;
  };
  const missing = required.filter((name) => text(name) === undefined);
  if (missing.length > 0) return fail(missing.map((name) => `argument "${name}" is not given`));
  const rootService = text(rootServiceName) ?? text('service') ?? '';
  return ok({
    namespace: context.namespace,
    workload: text('canaryWorkload') ?? '',
    service: text('canaryService') ?? '',
    rootService,
    split: context.split ?? rootService,
  });
}

/** Gathers the problems of several parts, so that all are reported at once. */
function collector(prefix: readonly string[]) {
  const problems: Problem[] = [];
  return {
    problems,
    take<T>(field: string, result: Result<T, readonly string[]>): T | undefined {
      if (result.ok) return result.value;
      const path = [...prefix, ...field.split('.').map((part) => (/^[0-9]+$/.test(part) ? Number(part) : part))];
      problems.push(...result.failure.map((message) => ({ path, message })));
      return undefined;
    },
  };
}

/** Problems of all metrics that keep them from being asked in `scope`: `metrics[0].provider.prometheus.query: argument "x" is not given`. */
export const askProblems = (metrics: readonly Metric[], scope: Scope, context: AskContext): readonly Problem[] =>
  metrics.flatMap((metric, index) => {
    const asking = askingOf(metric, scope, context);
    const problems = [...(asking.ok ? [] : asking.failure), ...conditionProblemsIn(metric, scope)];
    return below('metrics', below(index, problems));
  });

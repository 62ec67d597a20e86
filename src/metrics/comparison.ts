import type { Arm, Buckets } from '../core/analysis/compare/index.ts';
import type { Answer } from '../core/analysis/question.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { openPrometheus } from './prometheus.ts';
import { promNumber, type Row, type Rows } from './prometheus-answer.ts';
import { dialectFor } from './prometheus-builtin.ts';
import { combinedQuery, rowLabel, sideQueries } from './promql.ts';
import type { MetricSources } from './registry.ts';
import { failed, invalid, type MetricIo, type MetricSource, noData, type ProviderOf, type SourceAnswer } from './source.ts';

type Comparison = ProviderOf<'comparison'>;
type Side = Comparison['canary'];
type Builtin = Extract<Side, { kind: 'prometheusBuiltin' }>;
type Query = Extract<Side, { kind: 'prometheus' }>;

/** Both sides of a comparison, by whatever source has their counts. */
export const createComparisonSource = (sources: MetricSources): MetricSource<'comparison'> => ({
  kind: 'comparison',
  serverOf: ({ canary }, io) => sources(canary.kind).serverOf(canary, io),
  timeoutMsOf: ({ canary }) => sources(canary.kind).timeoutMsOf(canary),
  async ask({ canary, stable }, io, signal) {
    if (canary.kind === 'prometheusBuiltin' && stable.kind === 'prometheusBuiltin') return askBuiltins({ canary, stable }, io, signal);
    const ask = (side: Side) =>
      side.kind === 'prometheus' ? askCounts(side, { sources, io }, signal) : askRate(side, { sources, io }, signal);
    const [left, right] = await Promise.all([ask(canary), ask(stable)]);
    return ratesOf(left, right);
  },
});

interface Means {
  readonly sources: MetricSources;
  readonly io: MetricIo;
}

/** Successes and requests of one side; `successes` undefined: no series, though there were requests. */
interface Counts {
  readonly successes: number | undefined;
  readonly total: number;
  readonly message?: string;
  readonly windowMs?: number;
}

/** Of a source that gives the rate and the number of requests behind it. */
async function askRate(side: Side, { sources, io }: Means, signal: AbortSignal): Promise<Result<Counts, Answer>> {
  const answer = await sources(side.kind).ask(side, io, signal);
  if (answer.kind !== 'value') return fail(answer);
  const { value, requests, message, windowMs } = answer;
  if (requests === undefined) return fail(invalid('the number of requests is not known'));
  return ok({
    successes: value * requests,
    total: requests,
    ...(message === undefined ? {} : { message }),
    ...(windowMs === undefined ? {} : { windowMs }),
  });
}

/** Of two queries that count: the successes, and all. */
async function askCounts(side: Query, { sources, io }: Means, signal: AbortSignal): Promise<Result<Counts, Answer>> {
  const { countQuery, ...alone } = side;
  if (countQuery === undefined) return fail(invalid('a comparison needs countQuery'));
  const source = sources('prometheus');
  const [good, all] = await Promise.all([source.ask(alone, io, signal), source.ask({ ...alone, query: countQuery }, io, signal)]);
  if (all.kind !== 'value') return fail(all);
  if (good.kind !== 'value' && good.kind !== 'noData') return fail(good);
  const message = [good.message, all.message].filter((text) => text !== undefined).join('; ');
  return ok({ successes: good.kind === 'value' ? good.value : undefined, total: all.value, ...(message === '' ? {} : { message }) });
}

/** Invalid before error before silence, whichever side it is of; the sides are named. */
function ratesOf(canary: Result<Counts, Answer>, stable: Result<Counts, Answer>): SourceAnswer {
  const trouble = worstOf([
    ['canary', canary],
    ['stable', stable],
  ]);
  if (trouble !== undefined) return trouble;
  if (!canary.ok || !stable.ok) return failed('no answer');
  // One side without a series of successes has failed each request; without any on both sides the query counts something else.
  if (canary.value.successes === undefined && stable.value.successes === undefined) return noData('no series of successes on either side');
  const arm = ({ successes = 0, total }: Counts): Arm => ({ successes, total });
  const message = [canary.value.message, stable.value.message].filter((text) => text !== undefined).join('; ');
  const windowMs = Math.max(canary.value.windowMs ?? 0, stable.value.windowMs ?? 0);
  return {
    ...{ kind: 'rates', canary: arm(canary.value), stable: arm(stable.value) },
    ...(message === '' ? {} : { message }),
    ...(windowMs === 0 ? {} : { windowMs }),
  };
}

function worstOf(sides: readonly (readonly [string, Result<unknown, Answer>])[]): Answer | undefined {
  for (const kind of ['invalid', 'error', 'noData'] as const) {
    for (const [name, side] of sides) {
      if (!side.ok && side.failure.kind === kind) return { ...side.failure, message: `${name}: ${side.failure.message}` } as Answer;
    }
  }
  return undefined;
}

interface Pair {
  readonly canary: Builtin;
  readonly stable: Builtin;
}

/** Both sides in one request, in the dialect of the mesh. */
async function askBuiltins({ canary, stable }: Pair, io: MetricIo, signal: AbortSignal): Promise<SourceAnswer> {
  const dialect = dialectFor(canary.mesh, io);
  if (typeof dialect === 'string') return canary.mesh === 'auto' ? failed(dialect) : invalid(dialect);
  const client = await openPrometheus(canary, io, signal);
  if (!client.ok) return client.failure;
  const queriesOf = (name: string, { builtin, subject, windowMs }: Builtin) =>
    Object.entries(sideQueries(dialect, builtin, subject, windowMs)).map(([row, query]) => [`${name}_${row}`, query] as const);
  const queries = Object.fromEntries([...queriesOf('canary', canary), ...queriesOf('stable', stable)]);
  const rows = await client.value.rows(combinedQuery(queries), signal);
  if (!rows.ok) return rows.failure;
  return canary.builtin === 'successRate' ? builtinRates(rows.value) : builtinLatencies(rows.value, dialect.latency.toMs);
}

const rowsNamed = ({ rows }: Rows, name: string): readonly Row[] => rows.filter((row) => row.labels[rowLabel] === name);
const numberOf = (rows: Rows, name: string): number | undefined => rowsNamed(rows, name)[0]?.value;

function builtinRates(rows: Rows): SourceAnswer {
  const side = (name: string): Result<Counts, Answer> => {
    const total = numberOf(rows, `${name}_all`);
    if (total === undefined) return fail(noData('no series of this workload, or fewer than two scrapes in the window'));
    return ok({ successes: numberOf(rows, `${name}_good`), total });
  };
  const answer = ratesOf(side('canary'), side('stable'));
  if (answer.kind !== 'rates') return answer;
  return { ...answer, ...inflationOf(rows), ...(rows.notes === undefined ? {} : { message: rows.notes }) };
}

function builtinLatencies(rows: Rows, toMs: number): SourceAnswer {
  const side = (name: string): Result<ReadonlyMap<number, number>, Answer> => {
    const buckets = new Map<number, number>();
    for (const { labels, value } of rowsNamed(rows, `${name}_slow`)) {
      const bound = typeof labels.le === 'string' ? promNumber(labels.le) : undefined;
      if (bound === undefined || Number.isNaN(bound)) return fail(invalid(`a bucket has the bound ${String(labels.le).slice(0, 40)}`));
      buckets.set(bound * toMs, value);
    }
    if (buckets.size === 0) return fail(noData('no histogram of this workload, or fewer than two scrapes in the window'));
    return buckets.has(Number.POSITIVE_INFINITY) ? ok(buckets) : fail(invalid('the histogram has no +Inf bucket'));
  };
  const [canary, stable] = [side('canary'), side('stable')];
  const trouble = worstOf([
    ['canary', canary],
    ['stable', stable],
  ]);
  if (trouble !== undefined || !canary.ok || !stable.ok) return trouble ?? failed('no answer');
  // What only one of them has can be compared with nothing.
  const bounds = [...canary.value.keys()]
    .filter((bound) => bound > 0 && Number.isFinite(bound) && stable.value.has(bound))
    .toSorted((left, right) => left - right);
  if (bounds.length === 0) return invalid('the histograms of both sides have no bound in common');
  const bucketsOf = (side: ReadonlyMap<number, number>): Buckets => {
    // Each bucket is stretched for itself, by the scrapes that it was in: one may seem to hold less than the one below it, as histogram_quantile knows.
    let most = 0;
    const cumulative = bounds.map((bound) => {
      most = Math.max(most, side.get(bound) ?? 0);
      return most;
    });
    return { cumulative, total: Math.max(most, side.get(Number.POSITIVE_INFINITY) ?? 0) };
  };
  return {
    ...{ kind: 'latencies', bounds, canary: bucketsOf(canary.value), stable: bucketsOf(stable.value), ...inflationOf(rows) },
    ...(rows.notes === undefined ? {} : { message: rows.notes }),
  };
}

/** `increase` stretches what n scrapes saw, n - 1 intervals, over a window of up to n of them. */
function inflationOf(rows: Rows): { readonly inflation?: number } {
  const scrapes = [numberOf(rows, 'canary_scrapes'), numberOf(rows, 'stable_scrapes')].filter(
    (count) => count !== undefined && count >= 2,
  ) as readonly number[];
  return scrapes.length === 0 ? {} : { inflation: Math.max(...scrapes.map((count) => count / (count - 1))) };
}

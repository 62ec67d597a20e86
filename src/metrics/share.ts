import type { MetricSubject } from '../core/analysis/question.ts';
import type { ShareReading } from '../core/world.ts';
import type { Dialect } from './dialects.ts';
import { openPrometheus, type PrometheusTarget, serverOfTarget } from './prometheus.ts';
import type { Row } from './prometheus-answer.ts';
import { ownRows, rowNamed } from './prometheus-builtin.ts';
import { combinedQuery, splitSeries, windowText } from './promql.ts';
import type { MetricSources } from './registry.ts';
import { kubernetesServer, type MetricIo, type ProviderOf, type SourceAnswer } from './source.ts';

/** How many requests each of two revisions had since a weight was written. */
export interface ShareQuestion {
  readonly canary: MetricSubject;
  readonly stable: MetricSubject;
  readonly windowStartedAtMs: number;
  readonly windowMs: number;
  readonly via: ShareVia;
}

/** The operator's Prometheus in the dialect of a mesh, or the mesh's own TrafficMetrics. */
export type ShareVia = { readonly kind: 'prometheus'; readonly dialect: Dialect } | { readonly kind: 'trafficMetrics' };

/** The failure of a reading whose series are there, with too few samples in the window: wait for more, it is no lack of traffic. */
export const shareWindowTooShort = 'the window is too short for the scrape interval';

export const shareTimeoutMs = 10_000;

const shortestTellingMs = 10_000;

const target: PrometheusTarget = { headers: [], timeoutMs: shareTimeoutMs };

export const shareServerOf = ({ via }: ShareQuestion, io: MetricIo): string =>
  via.kind === 'trafficMetrics' ? kubernetesServer : serverOfTarget(target, io);

/** Asks for the share, Prometheus in one request. A reading with `failure` says nothing about the share. Never rejects. */
export async function askShare(question: ShareQuestion, sources: MetricSources, io: MetricIo, signal: AbortSignal): Promise<ShareReading> {
  if (question.via.kind === 'trafficMetrics') return askTrafficMetrics(question, sources, io, signal);
  const client = await openPrometheus(target, io, signal);
  if (!client.ok) return unaskedShare(question, io, client.failure.message);
  const rows = await client.value.rows(shareQuery(question, question.via.dialect), signal);
  return rows.ok ? shareReading(question, rows.value.rows) : unaskedShare(question, io, rows.failure.message);
}

/** Of questions that one request can ask: the operator's Prometheus, in one dialect. Undefined: this one goes alone. */
export const sharePartyOf = ({ via }: ShareQuestion): string | undefined => (via.kind === 'prometheus' ? via.dialect.mesh : undefined);

/** In the order of `questions`, all of one party; undefined where asking each apart may do better. Never rejects. */
export async function askSharesTogether(
  questions: readonly ShareQuestion[],
  io: MetricIo,
  signal: AbortSignal,
): Promise<readonly ShareReading[] | undefined> {
  const client = await openPrometheus(target, io, signal);
  if (!client.ok) return undefined;
  const queries = questions.flatMap((question, index) =>
    question.via.kind === 'prometheus'
      ? Object.entries(shareRows(question, question.via.dialect)).map(([row, query]) => [`${index}_${row}`, query])
      : [],
  );
  const found = await client.value.rows(combinedQuery(Object.fromEntries(queries)), signal);
  if (found.ok) return questions.map((question, index) => shareReading(question, ownRows(found.value, index).rows));
  const { failure } = found;
  const asksForPatience = failure.kind === 'error' && failure.retryAfterMs !== undefined;
  return asksForPatience ? questions.map((question) => unaskedShare(question, io, failure.message)) : undefined;
}

/** By the backends of the split, as its clients see them, where they are served; those of Deployments count at the servers, whoever called. */
async function askTrafficMetrics(
  question: ShareQuestion,
  sources: MetricSources,
  io: MetricIo,
  signal: AbortSignal,
): Promise<ShareReading> {
  const source = sources('trafficMetrics');
  const askBoth = (resource: ProviderOf<'trafficMetrics'>['resource']) => {
    const asked = { kind: 'trafficMetrics', value: 'requests', resource, windowMs: question.windowMs } as const;
    return Promise.all([question.canary, question.stable].map((subject) => source.ask({ ...asked, subject }, io, signal)));
  };
  const bySplit = await askBoth('trafficsplits');
  if (!bySplit.some(isTrouble)) return shareOfAnswers(question, bySplit);
  const byServer = signal.aborted ? bySplit : await askBoth('deployments');
  const trouble = byServer.find(isTrouble);
  if (trouble !== undefined) return unaskedShare(question, io, trouble.message);
  const reading = shareOfAnswers(question, byServer);
  return reading.failure === undefined ? { ...reading, countsAll: true } : reading;
}

const isTrouble = ({ kind }: SourceAnswer): boolean => kind === 'error' || kind === 'invalid';

type Sides = Pick<ShareQuestion, 'canary' | 'stable' | 'windowMs'>;

/** Requests of both over the window, and how many series each has now; rows that do not exist are missing. */
export const shareQuery = (sides: Sides, dialect: Dialect): string => combinedQuery(shareRows(sides, dialect));

function shareRows({ canary, stable, windowMs }: Sides, dialect: Dialect): Readonly<Record<string, string>> {
  const window = windowText(windowMs);
  const requests = (subject: MetricSubject) => `sum(increase(${splitSeries(dialect, subject)}[${window}]))`;
  const series = (subject: MetricSubject) => `count(${splitSeries(dialect, subject)})`;
  return {
    canary: requests(canary),
    stable: requests(stable),
    canarySeries: series(canary),
    stableSeries: series(stable),
  };
}

/** Reads the rows of `shareQuery`. Pure. */
export function shareReading(question: ShareQuestion, rows: readonly Row[]): ShareReading {
  const canary = rowNamed(rows, 'canary')?.value;
  const stable = rowNamed(rows, 'stable')?.value;
  const isBlind = (side: 'canary' | 'stable', requests: number | undefined) =>
    requests === undefined && rowNamed(rows, `${side}Series`) !== undefined;
  const reading = {
    ...windowOf(question),
    canaryRequests: canary ?? 0,
    stableRequests: stable ?? 0,
    hasSeries: rows.length > 0,
  };
  // One side counted and the other not would look like a share of 0 or 100 %.
  if (isBlind('canary', canary) || isBlind('stable', stable)) return { ...reading, failure: shareWindowTooShort };
  const isSane = [reading.canaryRequests, reading.stableRequests].every((count) => Number.isFinite(count) && count >= 0);
  return isSane ? reading : { ...reading, canaryRequests: 0, stableRequests: 0, failure: 'the counts are no numbers' };
}

/** The share by two TrafficMetrics answers of `requests`: silence means no series. */
function shareOfAnswers(question: ShareQuestion, [canary, stable]: readonly SourceAnswer[]): ShareReading {
  const windowMs = Math.max(question.windowMs, canary?.windowMs ?? 0, stable?.windowMs ?? 0);
  const hasSeries = canary?.kind === 'value' || stable?.kind === 'value';
  // TrafficMetrics count over the window alone: silence in one that no scrape fits into is no sign of a mesh without series.
  if (!hasSeries && windowMs < shortestTellingMs) return unreadShare(question, shareWindowTooShort);
  return {
    windowStartedAtMs: question.windowStartedAtMs - (windowMs - question.windowMs),
    windowMs,
    canaryRequests: canary?.kind === 'value' ? canary.value : 0,
    stableRequests: stable?.kind === 'value' ? stable.value : 0,
    hasSeries,
  };
}

const windowOf = ({ windowStartedAtMs, windowMs }: ShareQuestion) => ({ windowStartedAtMs, windowMs });

/** A reading that says nothing yet. */
const unreadShare = (question: ShareQuestion, failure: string): ShareReading => ({
  ...windowOf(question),
  canaryRequests: 0,
  stableRequests: 0,
  hasSeries: false,
  failure,
});

/** A reading that was asked for and did not come. */
export function unaskedShare(question: ShareQuestion, io: MetricIo, message = 'no answer'): ShareReading {
  const server = question.via.kind === 'trafficMetrics' ? 'the API server’s TrafficMetrics' : `Prometheus ${serverOfTarget(target, io)}`;
  return { ...unreadShare(question, message), outage: `${server} cannot be asked: ${message}` };
}

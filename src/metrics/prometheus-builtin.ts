import type { Answer } from '../core/analysis/question.ts';
import { canonicalJson } from '../lib/json.ts';
import { type Dialect, dialectOf, dialects } from './dialects.ts';
import { usesSecrets } from './headers.ts';
import { openPrometheus, serverOfTarget, withRequests } from './prometheus.ts';
import { numberAnswer, type Row, type Rows } from './prometheus-answer.ts';
import { builtinQuery, combinedQuery, rowLabel } from './promql.ts';
import { failed, invalid, type MetricIo, type MetricSource, noData, type ProviderOf } from './source.ts';

/** The controller's own queries, in the dialect of the mesh: the value and the number of requests behind it, in one request. */
export const createBuiltinSource = (): MetricSource<'prometheusBuiltin'> => ({
  kind: 'prometheusBuiltin',
  serverOf: serverOfTarget,
  timeoutMsOf: (provider) => provider.timeoutMs,
  ask: askBuiltin,
  together: { partyOf, ask: askTogether },
});

async function askBuiltin(provider: ProviderOf<'prometheusBuiltin'>, io: MetricIo, signal: AbortSignal): Promise<Answer> {
  const dialect = dialectFor(provider.mesh, io);
  // A mesh that was asked for by name will not get a dialect; one that is not told apart now may be in a minute.
  if (typeof dialect === 'string') return provider.mesh === 'auto' ? failed(dialect) : invalid(dialect);
  const { query, countQuery } = builtinQuery(dialect, provider.builtin, provider.subject, provider.windowMs);
  const client = await openPrometheus(provider, io, signal);
  if (!client.ok) return client.failure;
  const rows = await client.value.rows(combinedQuery({ value: query, requests: countQuery }), signal);
  return rows.ok ? builtinAnswer(rows.value) : rows.failure;
}

/** A server, what it is asked with, and the dialect. Namespaces have Secrets of their own, so that those who use any go alone. */
function partyOf(provider: ProviderOf<'prometheusBuiltin'>, io: MetricIo): string | undefined {
  const { address, headers, tls, timeoutMs, mesh } = provider;
  const dialect = dialectFor(mesh, io);
  if (typeof dialect === 'string' || usesSecrets(provider)) return undefined;
  return canonicalJson({ address, headers, tls, timeoutMs, dialect: dialect.mesh });
}

/** Every row of every question under a name of its own, in one request. */
async function askTogether(
  providers: readonly ProviderOf<'prometheusBuiltin'>[],
  io: MetricIo,
  signal: AbortSignal,
): Promise<readonly Answer[] | undefined> {
  const [first] = providers;
  const dialect = first === undefined ? '' : dialectFor(first.mesh, io);
  if (first === undefined || typeof dialect === 'string') return undefined;
  const client = await openPrometheus(first, io, signal);
  if (!client.ok) return undefined;
  const queries = providers.flatMap(({ builtin, subject, windowMs }, index) => {
    const { query, countQuery } = builtinQuery(dialect, builtin, subject, windowMs);
    return [[`${index}_value`, query] as const, [`${index}_requests`, countQuery] as const];
  });
  const found = await client.value.rows(combinedQuery(Object.fromEntries(queries)), signal);
  if (found.ok) return providers.map((_, index) => builtinAnswer(ownRows(found.value, index)));
  // A server that asks for patience is not asked forty times instead of once.
  const { failure } = found;
  return failure.kind === 'error' && failure.retryAfterMs !== undefined ? providers.map(() => failure) : undefined;
}

/** The rows of the question at `index` of those that went together as `0_name`, `1_name`, named as if it had been asked alone. */
export function ownRows({ rows, notes }: Rows, index: number): Rows {
  const prefix = `${index}_`;
  const own = rows.flatMap(({ labels, value }) => {
    const name = String(labels[rowLabel]);
    return name.startsWith(prefix) ? [{ labels: { ...labels, [rowLabel]: name.slice(prefix.length) }, value }] : [];
  });
  return { rows: own, notes };
}

/** The dialect for `mesh`, or why there is none. */
export function dialectFor(mesh: string, io: Pick<MetricIo, 'mesh'>): Dialect | string {
  const name = mesh === 'auto' ? io.mesh : mesh;
  const dialect = name === undefined ? undefined : dialectOf(name);
  if (dialect !== undefined) return dialect;
  const known = dialects.map((each) => each.mesh).join(', ');
  const found = name === undefined ? 'no mesh was detected' : `mesh "${name}" has no builtin metrics`;
  return `${found}: set provider.prometheus.mesh to one of ${known}, or write the query yourself`;
}

function builtinAnswer({ rows, notes }: Rows): Answer {
  const value = rowNamed(rows, 'value');
  const requests = rowNamed(rows, 'requests');
  if (requests === undefined) return noData('no series of this workload, or fewer than two scrapes in the window');
  return withRequests(
    value === undefined ? noData('no series match the query') : numberAnswer(value.value, notes),
    numberAnswer(requests.value),
  );
}

export const rowNamed = (rows: readonly Row[], name: string): Row | undefined => rows.find((row) => row.labels[rowLabel] === name);

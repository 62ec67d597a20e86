import type { Answer } from '../core/analysis/question.ts';
import { fail, type Result } from '../lib/result.ts';
import { type Address, parseAddress } from './address.ts';
import { type Credentials, type CredentialsWanted, resolveCredentials } from './headers.ts';
import { type Freshness, type Rows, rowsOf, valueAnswer } from './prometheus-answer.ts';
import { instantQuery } from './prometheus-http.ts';
import { abortedAnswer, failed, invalid, type MetricIo, type MetricSource, noData, type ProviderOf } from './source.ts';

/** A Prometheus to ask, with all that its requests carry. */
export interface PrometheusTarget extends CredentialsWanted {
  readonly address?: string;
  readonly timeoutMs: number;
}

// Prometheus itself looks back five minutes; what a cache or a federation gives us may be older than it says.
const staleAfterMs = 120_000;

/** PromQL as the template's author wrote it. */
export const createPrometheusSource = (): MetricSource<'prometheus'> => ({
  kind: 'prometheus',
  serverOf: serverOfTarget,
  timeoutMsOf: (provider) => provider.timeoutMs,
  ask: askPrometheus,
});

export function serverOfTarget(target: PrometheusTarget, io: Pick<MetricIo, 'prometheusAddress'>): string {
  const address = addressOf(target, io);
  return address.ok ? address.value.url : 'nowhere';
}

async function askPrometheus(provider: ProviderOf<'prometheus'>, io: MetricIo, signal: AbortSignal): Promise<Answer> {
  const client = await openPrometheus(provider, io, signal);
  if (!client.ok) return client.failure;
  const [value, count] = await Promise.all([
    client.value.ask(provider.query, signal),
    provider.countQuery === undefined ? undefined : client.value.ask(provider.countQuery, signal),
  ]);
  return count === undefined ? value : withRequests(value, count);
}

/** Puts the number of requests beside the value, and lets silence or trouble of either decide. */
export function withRequests(value: Answer, count: Answer): Answer {
  for (const kind of ['invalid', 'error'] as const) {
    const found = [value, count].find((answer) => answer.kind === kind);
    if (found !== undefined) return found;
  }
  if (count.kind === 'value' && count.value < 0) return invalid(`a negative number of requests: ${count.value}`);
  if (count.kind !== 'value') return count.kind === 'noData' ? noData(`no requests counted: ${count.message}`) : count;
  if (count.value === 0) return noData('no requests in the window');
  return value.kind === 'value' ? { ...value, requests: count.value } : value;
}

export interface PrometheusClient {
  /** The query's only row as an answer. */
  ask(query: string, signal: AbortSignal): Promise<Answer>;
  rows(query: string, signal: AbortSignal): Promise<Result<Rows, Answer>>;
}

/** Checks the address and reads the Secrets, once for all queries of one question. Nothing is sent where either fails. */
export async function openPrometheus(
  target: PrometheusTarget,
  io: MetricIo,
  signal: AbortSignal,
): Promise<Result<PrometheusClient, Answer>> {
  const address = addressOf(target, io);
  if (!address.ok) return fail(invalid(address.failure));
  const credentials = await resolveCredentials(target, io, signal);
  if (!credentials.ok) return credentials;
  const context = { address: address.value, credentials: credentials.value, timeoutMs: target.timeoutMs, io };
  const rows = (query: string, querySignal: AbortSignal) => askRows(context, query, querySignal);
  return {
    ok: true,
    value: {
      rows,
      async ask(query, querySignal) {
        const answer = await rows(query, querySignal);
        return answer.ok ? valueAnswer(answer.value) : answer.failure;
      },
    },
  };
}

function addressOf(target: PrometheusTarget, io: Pick<MetricIo, 'prometheusAddress'>): Result<Address, string> {
  if (target.address !== undefined) return parseAddress(target.address, false);
  if (io.prometheusAddress !== undefined) return parseAddress(io.prometheusAddress, true);
  return fail('no address: set provider.prometheus.address, or --prometheus-address of the controller');
}

interface Context {
  readonly address: Address;
  readonly credentials: Credentials;
  readonly timeoutMs: number;
  readonly io: MetricIo;
}

async function askRows(
  { address, credentials, timeoutMs, io }: Context,
  query: string,
  signal: AbortSignal,
): Promise<Result<Rows, Answer>> {
  const reply = await (io.instantQuery ?? instantQuery)({ address, query, credentials, timeoutMs }, signal);
  const freshness: Freshness = { nowMs: io.clock.nowMs(), staleAfterMs };
  const answer = ((): Result<Rows, Answer> => {
    switch (reply.kind) {
      case 'reply':
        return rowsOf(reply, freshness);
      case 'aborted':
        return fail(abortedAnswer(signal));
      case 'refused':
        return fail(invalid(reply.message));
      case 'unreachable':
        return fail(failed(reply.message));
    }
  })();
  return answer.ok ? { ok: true, value: redactNotes(answer.value, credentials) } : fail(redactAnswer(answer.failure, credentials));
}

const redactNotes = (rows: Rows, { redact }: Credentials): Rows =>
  rows.notes === undefined ? rows : { ...rows, notes: redact(rows.notes) };

const redactAnswer = (answer: Answer, { redact }: Credentials): Answer =>
  answer.message === undefined ? answer : { ...answer, message: redact(answer.message) };

import type { Answer, ResolvedProvider, SecretKeyRef } from '../core/analysis/question.ts';
import type { KubeFailure } from '../kube/failure.ts';
import type { Clock } from '../lib/clock.ts';
import type { Result } from '../lib/result.ts';
import type { InstantQuery } from './prometheus-http.ts';
import type { WebExchange } from './web-http.ts';

/** How questions travel: left out, over the network. */
export interface MetricWires {
  readonly instantQuery?: InstantQuery;
  readonly webExchange?: WebExchange;
}

/** What a source needs of the world to answer one question. Made by the measurer, bound to the question's namespace. */
export interface MetricIo extends MetricWires {
  readonly clock: Clock;
  /** One GET on the API server, for aggregated APIs. The value is decoded JSON, or the text where it was no JSON. Must not retry. */
  kubeGet(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Result<unknown, KubeFailure>>;
  /** A Secret of the question's namespace. The failure is one line that names the Secret and the key, never a value. */
  secret(ref: SecretKeyRef, signal: AbortSignal): Promise<Result<string, string>>;
  /** `--prometheus-address`: the operator's own business, so loopback is allowed here and nowhere else. */
  readonly prometheusAddress: string | undefined;
  /** The provider that was detected, or set in the Rollout's traffic; undefined where nothing is known. */
  readonly mesh: string | undefined;
}

/**
 * An answer, and the window it really covers where the server chose another than was asked: a longer window began earlier, and
 * the sample must say so.
 */
export type SourceAnswer = Answer & { readonly windowMs?: number };

/**
 * One kind of provider. `ask` sends the question once (it never retries), resolves soon after `signal` aborts, never rejects, and
 * tells "nothing was measured" (noData) from zero.
 */
export interface MetricSource<Kind extends ResolvedProvider['kind'] = ResolvedProvider['kind']> {
  readonly kind: Kind;
  /** Whom the question goes to; questions to one server share its concurrency cap. */
  serverOf(provider: ProviderOf<Kind>, io: Pick<MetricIo, 'prometheusAddress'>): string;
  timeoutMsOf(provider: ProviderOf<Kind>): number;
  ask(provider: ProviderOf<Kind>, io: MetricIo, signal: AbortSignal): Promise<SourceAnswer>;
  /** Of sources that can ask many questions in one request. */
  readonly together?: Together<Kind>;
}

export interface Together<Kind extends ResolvedProvider['kind']> {
  /** Equal for questions that can go in one request, by the same credentials; undefined: this one goes alone. */
  partyOf(provider: ProviderOf<Kind>, io: MetricIo): string | undefined;
  /** In the order of `providers`, with the io of any of them; undefined where asking each apart may do better. Never rejects. */
  ask(providers: readonly ProviderOf<Kind>[], io: MetricIo, signal: AbortSignal): Promise<readonly SourceAnswer[] | undefined>;
}

export type ProviderOf<Kind extends ResolvedProvider['kind']> = Extract<ResolvedProvider, { readonly kind: Kind }>;

/** The API server's name as a server of metrics. */
export const kubernetesServer = 'kubernetes';

export const noData = (message: string): Answer => ({ kind: 'noData', message });
export const invalid = (message: string): Answer => ({ kind: 'invalid', message });
export const failed = (message: string, retryAfterMs?: number): Answer =>
  retryAfterMs === undefined ? { kind: 'error', message } : { kind: 'error', message, retryAfterMs };

/** What an aborted question answers: the deadline's own words, or that nobody waits any more. */
export function abortedAnswer(signal: AbortSignal): Answer {
  const reason: unknown = signal.reason;
  return failed(reason instanceof Error && reason.name === 'TimeoutError' ? `no answer: ${reason.message}` : 'the question was withdrawn');
}

/**
 * An answer with a good status that is not what was asked for. Cut off in the middle, it may be whole the next time; a page for people, or JSON of something
 * else, will be the same again.
 */
export function unreadable(body: unknown, message: string): Answer {
  if (body === null) return noData('the answer is null');
  const isCutOff = typeof body === 'string' && /^\s*([[{]|$)/.test(body);
  return isCutOff ? failed(`${message}: it is cut off`) : invalid(message);
}

import { type Clock, sleep } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { fail, type Result } from '../lib/result.ts';
import { failureFromStatus, isTransient, type KubeFailure, localFailure } from './failure.ts';
import type { Transport, TransportReply, TransportRequest } from './transport.ts';

/** Whether this process may write now. Asked at the instant of sending each write. */
export interface Fence {
  check(): boolean;
}

export type Call = TransportRequest & {
  /** For writes that are no leader's business: the lease itself, token and access reviews. */
  readonly unfenced?: boolean;
  /** False where the caller has a back-off of its own. */
  readonly retry?: boolean;
};

export interface CallerOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly fence?: Fence | undefined;
}

const maxAttempts = 6;
const firstDelayMs = 100;
const longestDelayMs = 2_000;

/**
 * Sends a call until it is answered or its deadline passes. Reads are sent again after any transient failure; writes only after a
 * 429, which says that they were not executed. A `Retry-After` that would outlast the deadline ends the call at once.
 */
export function createCaller({ transport, clock, random, fence }: CallerOptions) {
  const guardOf = (call: Call): (() => KubeFailure | undefined) | undefined => {
    if (call.guard !== undefined) return call.guard;
    if (fence === undefined || call.unfenced === true || call.method === 'GET') return undefined;
    return () => (fence.check() ? undefined : localFailure('fenced', 'not sent: the lease is no longer surely ours'));
  };

  async function once(call: Call, deadlineMs: number, signal?: AbortSignal): Promise<Result<TransportReply, KubeFailure>> {
    const guard = guardOf(call);
    // The transport asks again; this spares a doomed write its place in the queue.
    const refused = guard?.();
    if (refused !== undefined) return fail(refused);
    const { unfenced: _unfenced, retry: _retry, ...request } = call;
    const reply = await transport.request({ ...request, deadlineMs, ...(guard === undefined ? {} : { guard }) }, signal);
    if (!reply.ok || reply.value.status < 300) return reply;
    return fail(failureFromStatus({ ...reply.value, isWrite: call.method !== 'GET' }));
  }

  return async function send(call: Call, signal?: AbortSignal): Promise<Result<TransportReply, KubeFailure>> {
    const endMs = clock.monotonicMs() + call.deadlineMs;
    for (let attempt = 1; ; attempt++) {
      const reply = await once(call, endMs - clock.monotonicMs(), signal);
      if (reply.ok || call.retry === false || attempt === maxAttempts || !mayRepeat(call, reply.failure)) return reply;
      const delayMs = pauseMs(reply.failure, attempt, random);
      if (clock.monotonicMs() + delayMs >= endMs) return reply;
      await sleep(clock, delayMs, signal);
      if (signal?.aborted) return reply;
    }
  };
}

function mayRepeat(call: Call, failure: KubeFailure): boolean {
  return call.method === 'GET' ? isTransient(failure) : failure.kind === 'tooManyRequests';
}

function pauseMs(failure: KubeFailure, attempt: number, random: Random): number {
  const ceilingMs = Math.min(longestDelayMs, firstDelayMs * 2 ** attempt);
  return (failure.retryAfterMs ?? 0) + ceilingMs * (0.25 + 0.75 * random.next());
}

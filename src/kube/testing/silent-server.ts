import { type Clock, sleep } from '../../lib/clock.ts';
import { fail, ok } from '../../lib/result.ts';
import { type KubeFailure, localFailure } from '../failure.ts';
import type { Transport, TransportRequest, TransportStream } from '../transport.ts';

type Refused = { readonly ok: false; readonly failure: KubeFailure };

/**
 * A server in virtual time that answers everything, refuses every connection, or says nothing at all. Its watches tell what is in `objects`
 * and then stay open and silent.
 */
export class SilentServer implements Transport {
  is: 'up' | 'refusing' | 'unauthorized' | 'hanging' = 'up';
  /** Paths that find nobody, whatever all others find. */
  readonly refused = new Set<string>();
  /** Answers to reads, by path. */
  readonly bodies = new Map<string, object>();
  /** By the path of their collection. */
  readonly objects = new Map<string, readonly object[]>();
  readonly seen: { readonly atMs: number; readonly path: string }[] = [];
  openStreams = 0;
  readonly #ends = new Set<() => void>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly request: Transport['request'] = async (request, signal) => {
    const refused = await this.#refusal(request, signal);
    const written = { metadata: { name: 'written', uid: 'written', resourceVersion: '9' } };
    const body = request.method === 'GET' ? (this.bodies.get(request.path) ?? {}) : written;
    return refused ?? ok({ status: 200, headers: {}, body: JSON.stringify(body) });
  };

  readonly stream: Transport['stream'] = async (request, signal) => {
    const refused = await this.#refusal(request, signal);
    return refused ?? ok(this.#silence(this.objects.get(request.path) ?? [], signal));
  };

  async close(): Promise<void> {}

  /** Every watch ends, as they do by themselves after some minutes. */
  endStreams(): void {
    for (const end of [...this.#ends]) end();
  }

  asked(path: string): readonly number[] {
    return this.seen.filter((one) => one.path === path).map(({ atMs }) => atMs);
  }

  async #refusal(request: TransportRequest, signal: AbortSignal | undefined): Promise<Refused | undefined> {
    this.seen.push({ atMs: this.#clock.monotonicMs(), path: request.path });
    if (this.is === 'refusing' || this.refused.has(request.path)) return fail(localFailure('network', 'connection refused'));
    if (this.is === 'unauthorized') return fail({ ...localFailure('unauthorized', 'Unauthorized'), status: 401 });
    if (this.is === 'up') return undefined;
    await sleep(this.#clock, request.deadlineMs, signal);
    return fail(signal?.aborted ? localFailure('aborted', 'the caller stopped waiting') : localFailure('timeout', 'the deadline passed'));
  }

  #silence(objects: readonly object[], signal: AbortSignal | undefined): TransportStream {
    this.openStreams += 1;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let isOpen = true;
    const close = () => {
      if (isOpen) this.openStreams -= 1;
      isOpen = false;
      this.#ends.delete(close);
      end();
    };
    this.#ends.add(close);
    signal?.addEventListener('abort', close, { once: true });
    const initial = JSON.stringify({
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: '5', annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    async function* lines() {
      for (const object of objects) yield JSON.stringify({ type: 'ADDED', object });
      yield initial;
      await ended;
    }
    return { status: 200, headers: {}, lines: lines(), failure: () => undefined, close };
  }
}

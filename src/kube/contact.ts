import { type Clock, sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Random } from '../lib/random.ts';
import { isSilence, type KubeFailure } from './failure.ts';
import type { Transport } from './transport.ts';

export interface ContactOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** Where contact with the API server stands. Each state carries only its own; each comment says how it is left. */
type State =
  /** Nobody has answered yet. Left by the first answer to `held`, by the first silence to `lost`. */
  | { readonly kind: 'unknown' }
  /** The last answer was good. Left by a silence to `doubted`. */
  | { readonly kind: 'held' }
  /** One request found nobody, which may be its own trouble. Left by an answer to `held`, by a probe that finds nobody either to `lost`. */
  | { readonly kind: 'doubted'; readonly sinceMs: number }
  /** Left by the first good answer, whoever asked. */
  | { readonly kind: 'lost'; readonly sinceMs: number };

type Listener = (lostSinceMs: number) => void;

/** A blip is over by then. */
const doubtMs = 250;
const probePeriodMs = 1_000;
const probeDeadlineMs = 2_000;
/** A server that comes and goes must not be met by everybody each time. */
const calmMs = 5_000;

/**
 * Whether the API server answers at all, learnt from every request through `over`. While it does not, one cheap probe a second looks for it,
 * so that what waits in long back-offs of its own can be called when it is back.
 */
export class Contact {
  readonly #options: ContactOptions;
  readonly #listeners = new Set<Listener>();
  #state: State = { kind: 'unknown' };
  #wake = () => {};
  #announcedMs = Number.NEGATIVE_INFINITY;
  #cancelLate = () => {};

  constructor(options: ContactOptions) {
    this.#options = options;
  }

  /** The API server has answered, and nothing says that it is gone. */
  get isHeld(): boolean {
    return this.#state.kind === 'held' || this.#state.kind === 'doubted';
  }

  /** Monotonic time since when nobody gets an answer; undefined while somebody does, or nobody has asked. */
  get lostSinceMs(): number | undefined {
    return this.#state.kind === 'lost' ? this.#state.sinceMs : undefined;
  }

  /** Called once each time when contact was lost and is there again. Returns the end of it. */
  onRegained(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The transport, with its answers noted here. */
  over(transport: Transport): Transport {
    return {
      request: async (request, signal) => {
        const reply = await transport.request(request, signal);
        if (reply.ok) this.#note(reply.value.status);
        else this.#note(reply.failure.status, reply.failure);
        return reply;
      },
      stream: async (request, signal) => {
        const stream = await transport.stream(request, signal);
        if (stream.ok) this.#note(stream.value.status);
        else this.#note(stream.failure.status, stream.failure);
        return stream;
      },
      close: () => transport.close(),
    };
  }

  /** Probes whenever contact is in doubt, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    while (!signal.aborted) {
      if (!this.#isInDoubt()) {
        await this.#doubt(signal);
        await sleep(clock, doubtMs, signal);
      } else {
        await this.#probe(signal);
        if (this.#isInDoubt()) await sleep(clock, probePeriodMs * (0.75 + 0.5 * random.next()), signal);
      }
    }
    this.#cancelLate();
  }

  #isInDoubt(): boolean {
    return this.#state.kind === 'doubted' || this.#state.kind === 'lost';
  }

  #note(status: number | undefined, failure?: KubeFailure): void {
    // A gateway answers for a server that is gone.
    const isMissed = status === undefined ? failure !== undefined && isSilence(failure) : status >= 502 && status <= 504;
    if (isMissed) this.#missed();
    else if (status !== undefined && status < 400) this.#heard();
  }

  #heard(): void {
    const before = this.#state;
    this.#state = { kind: 'held' };
    if (before.kind !== 'lost') return;
    this.#options.log.info({}, 'the API server answers again');
    this.#announce(before.sinceMs);
  }

  #missed(): void {
    if (this.#isInDoubt()) return;
    const sinceMs = this.#options.clock.monotonicMs();
    if (this.#state.kind === 'unknown') this.#lose(sinceMs);
    else this.#state = { kind: 'doubted', sinceMs };
    this.#wake();
  }

  #lose(sinceMs: number): void {
    this.#state = { kind: 'lost', sinceMs };
    this.#options.log.warn({}, 'the API server does not answer');
  }

  async #probe(signal: AbortSignal): Promise<void> {
    // Among the cuts: those slots are free when all others hang.
    const reply = await this.#options.transport.request(
      { method: 'GET', path: '/readyz', deadlineMs: probeDeadlineMs, priority: 'cut' },
      signal,
    );
    if (signal.aborted) return;
    // A server that does not let us ask is one that answers.
    const isThere = reply.ok && (reply.value.status < 400 || [401, 403, 404].includes(reply.value.status));
    if (isThere) this.#heard();
    else if (this.#state.kind === 'doubted') this.#lose(this.#state.sinceMs);
  }

  #announce(lostSinceMs: number): void {
    const { clock } = this.#options;
    this.#cancelLate();
    const waitMs = this.#announcedMs + calmMs - clock.monotonicMs();
    if (waitMs > 0) {
      this.#cancelLate = clock.after(waitMs, () => {
        if (this.isHeld) this.#announce(lostSinceMs);
      });
      return;
    }
    this.#announcedMs = clock.monotonicMs();
    for (const listener of [...this.#listeners]) listener(lostSinceMs);
  }

  #doubt(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const proceed = () => {
        this.#wake = () => {};
        signal.removeEventListener('abort', proceed);
        resolve();
      };
      this.#wake = proceed;
      if (signal.aborted) proceed();
      else signal.addEventListener('abort', proceed, { once: true });
    });
  }
}

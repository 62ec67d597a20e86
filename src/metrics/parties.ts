import { type Clock, deadline } from '../lib/clock.ts';
import type { ServerLanes } from './lanes.ts';

/** A question that may share one request with others of the same party. */
export interface Companion<T, M> {
  /** Equal for questions that one request can ask. */
  readonly party: string;
  readonly member: M;
  /** Answers in the order of `members`; undefined where the request failed in a way that may be due to their number. */
  readonly sendAll: (members: readonly M[], signal: AbortSignal) => Promise<readonly T[] | undefined>;
  readonly server: string;
  /** For waiting in the queue and, again, for the answer. */
  readonly timeoutMs: number;
  readonly failure: (message: string) => T;
  /** By itself, with a place of its own at the server. */
  readonly alone: () => Promise<T>;
  /** The request has left. */
  readonly sent: (atMs: number) => void;
}

interface Seat<T, M> {
  readonly companion: Companion<T, M>;
  readonly signal: AbortSignal;
  readonly settle: (answer: T | Promise<T>) => void;
}

interface Party<T, M> {
  waiting: Seat<T, M>[];
  /** When the latest request left. */
  leftAtMs: number;
  isLeaving: boolean;
  /** How many go together at most, as far as the server bears it. */
  most: number;
}

export interface PartyOptions {
  readonly clock: Clock;
  readonly lanes: ServerLanes;
  /** A party leaves no more often than that; whoever comes in between waits for the next. */
  readonly gapMs: number;
  readonly most: number;
}

/**
 * Questions that go in one request. Who asks when nobody has asked for a while does not wait: what is asked in one turn leaves with it, at once. What comes
 * within `gapMs` of that leaves together after it, so that a party costs at most a request each `gapMs` and one for every `most` questions, however many ask.
 * What fails together is asked apart, and fewer go together from then on, until that has gone well for a while: none pays for another's question.
 */
export class Parties<T, M> {
  readonly #options: PartyOptions;
  readonly #parties = new Map<string, Party<T, M>>();

  constructor(options: PartyOptions) {
    this.#options = options;
  }

  /** Rejects where a sender does. The request is aborted once every one in it has left. */
  join(companion: Companion<T, M>, signal: AbortSignal): Promise<T> {
    const { clock, gapMs, most } = this.#options;
    const party = this.#parties.get(companion.party) ?? { waiting: [], leftAtMs: Number.NEGATIVE_INFINITY, isLeaving: false, most };
    this.#parties.set(companion.party, party);
    return new Promise((resolve) => {
      party.waiting.push({ companion, signal, settle: resolve });
      if (party.isLeaving) return;
      party.isLeaving = true;
      const waitMs = party.leftAtMs + gapMs - clock.monotonicMs();
      if (waitMs <= 0) void Promise.resolve().then(() => this.#leave(companion.party, party));
      else clock.after(waitMs, () => this.#leave(companion.party, party));
    });
  }

  /** Parties that somebody waits in, or that left a moment ago. */
  get size(): number {
    return this.#parties.size;
  }

  #leave(key: string, party: Party<T, M>): void {
    const { clock, gapMs } = this.#options;
    const seats = party.waiting;
    party.waiting = [];
    party.isLeaving = false;
    party.leftAtMs = clock.monotonicMs();
    const isWanted = ({ signal }: Seat<T, M>) => !signal.aborted;
    for (const { companion, settle } of seats.filter((seat) => !isWanted(seat))) settle(companion.failure('the question was withdrawn'));
    const wanted = seats.filter(isWanted);
    for (let from = 0; from < wanted.length; from += party.most) void this.#travel(party, wanted.slice(from, from + party.most));
    clock.after(gapMs, () => this.#forget(key, party));
  }

  /** One that bore fewer than it should is remembered: the next would find out again, at everybody's cost. */
  #forget(key: string, party: Party<T, M>): void {
    const { clock, gapMs, most } = this.#options;
    const isQuiet = party.waiting.length === 0 && clock.monotonicMs() >= party.leftAtMs + gapMs;
    if (isQuiet && party.most === most && this.#parties.get(key) === party) this.#parties.delete(key);
  }

  async #travel(party: Party<T, M>, seats: readonly Seat<T, M>[]): Promise<void> {
    const [first, ...others] = seats;
    if (first === undefined) return;
    if (others.length === 0) {
      first.settle(first.companion.alone());
      return;
    }
    const wanted = untilAllLeave(seats.map(({ signal }) => signal));
    try {
      const answers = await this.#ask(first.companion, seats, wanted.signal);
      // Two at least: by one alone nobody would find out that the server bears more again.
      if (answers === undefined) party.most = Math.max(2, Math.floor(seats.length / 2));
      else party.most = Math.min(this.#options.most, party.most + 1);
      for (const [index, { companion, settle }] of seats.entries()) settle(answers?.[index] ?? companion.alone());
    } catch (bug) {
      for (const { settle } of seats) settle(Promise.reject(bug));
    } finally {
      wanted.release();
    }
  }

  async #ask(
    { server, timeoutMs, failure, sendAll }: Companion<T, M>,
    seats: readonly Seat<T, M>[],
    signal: AbortSignal,
  ): Promise<readonly T[] | undefined> {
    const { clock, lanes } = this.#options;
    const release = await lanes.acquire(server, timeoutMs, signal);
    if (release === undefined) return seats.map(() => failure(`waited too long for other questions to ${server}`));
    const limit = deadline(clock, timeoutMs, signal);
    for (const { companion } of seats) companion.sent(clock.monotonicMs());
    try {
      return await sendAll(
        seats.map(({ companion }) => companion.member),
        limit.signal,
      );
    } finally {
      limit.release();
      release();
    }
  }
}

/** Aborts once every one of them has. */
function untilAllLeave(signals: readonly AbortSignal[]): { readonly signal: AbortSignal; readonly release: () => void } {
  const everybody = new AbortController();
  const leave = () => {
    if (signals.every(({ aborted }) => aborted)) everybody.abort();
  };
  for (const signal of signals) signal.addEventListener('abort', leave, { once: true });
  const release = () => {
    for (const signal of signals) signal.removeEventListener('abort', leave);
  };
  return { signal: everybody.signal, release };
}

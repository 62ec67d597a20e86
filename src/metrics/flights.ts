import { type Clock, deadline } from '../lib/clock.ts';
import type { ServerLanes } from './lanes.ts';
import { type Companion, Parties } from './parties.ts';

/** Equal `party`: one request can ask them all. */
export type Party<T, M> = Pick<Companion<T, M>, 'party' | 'member' | 'sendAll'>;

export interface Departure<T, M = never> {
  /** Equal keys are one question. */
  readonly key: string;
  readonly server: string;
  /** For waiting in the queue and, again, for the answer. */
  readonly timeoutMs: number;
  readonly send: (signal: AbortSignal) => Promise<T>;
  /** What passengers get where nothing was sent, or where the sender broke. */
  readonly failure: (message: string) => T;
  /** Left out: it travels alone. */
  readonly together?: Party<T, M> | undefined;
}

export interface Passenger<T> {
  /** One answer serves a passenger once, so that an old answer never counts as a new measurement. */
  readonly id: string;
  /** Called once, never within `join`. `lagMs`: how long before `join` the question had been sent. */
  readonly land: (answer: T, lagMs: number) => void;
}

interface Flight<T> {
  readonly landed: Promise<T>;
  readonly aboard: Set<Passenger<T>>;
  readonly served: Set<string>;
  readonly controller: AbortController;
  sentAtMs: number | undefined;
  hasLanded: boolean;
}

/** Four requests a second at most, whatever many ask, for questions that can go together; a wait that no verdict notices. */
const partyGapMs = 250;
/** The answers of so many are far below the 256 KiB at which bodies end. */
const mostTogether = 40;

/**
 * Questions under way. Who asks the same within one sweep shares the request, be it waiting, under way or just answered; a
 * question that everybody left is aborted.
 */
export class Flights<T, M = never> {
  readonly #clock: Clock;
  readonly #parties: Parties<T, M>;
  readonly #lanes: ServerLanes;
  readonly #sweepMs: number;
  readonly #flights = new Map<string, Flight<T>>();
  #isClosed = false;

  constructor(clock: Clock, lanes: ServerLanes, sweepMs: number) {
    this.#clock = clock;
    this.#lanes = lanes;
    this.#sweepMs = sweepMs;
    this.#parties = new Parties({ clock, lanes, gapMs: partyGapMs, most: mostTogether });
  }

  /** Takes part in the question; the returned function leaves it. After `close` nothing is sent and nobody lands. */
  join(departure: Departure<T, M>, passenger: Passenger<T>): () => void {
    if (this.#isClosed) return () => {};
    const flight = this.#joinable(departure.key, passenger.id) ?? this.#depart(departure);
    const joinedAtMs = this.#clock.monotonicMs();
    flight.aboard.add(passenger);
    flight.served.add(passenger.id);
    void flight.landed.then((answer) => {
      if (flight.aboard.delete(passenger)) passenger.land(answer, Math.max(0, joinedAtMs - (flight.sentAtMs ?? joinedAtMs)));
    });
    return () => {
      if (!flight.aboard.delete(passenger) || flight.aboard.size > 0 || flight.hasLanded) return;
      this.#drop(departure.key, flight);
      flight.controller.abort();
    };
  }

  get size(): number {
    return this.#flights.size;
  }

  close(): void {
    this.#isClosed = true;
    for (const flight of this.#flights.values()) {
      flight.aboard.clear();
      flight.controller.abort();
    }
    this.#flights.clear();
  }

  // The answer of a question that was sent longer ago is of another sweep, even while it is still awaited.
  #joinable(key: string, passengerId: string): Flight<T> | undefined {
    const flight = this.#flights.get(key);
    if (flight === undefined || flight.served.has(passengerId)) return undefined;
    const isFresh = flight.sentAtMs === undefined || this.#clock.monotonicMs() - flight.sentAtMs <= this.#sweepMs;
    return isFresh ? flight : undefined;
  }

  #depart(departure: Departure<T, M>): Flight<T> {
    const controller = new AbortController();
    const sent = (atMs: number) => {
      flight.sentAtMs = atMs;
    };
    const flight: Flight<T> = {
      // After this turn, so that `sent` finds the flight.
      landed: Promise.resolve().then(() => this.#fly(departure, controller.signal, sent)),
      aboard: new Set(),
      served: new Set(),
      controller,
      sentAtMs: undefined,
      hasLanded: false,
    };
    this.#flights.set(departure.key, flight);
    void flight.landed.then(() => this.#keepForStragglers(departure.key, flight));
    return flight;
  }

  #keepForStragglers(key: string, flight: Flight<T>): void {
    flight.hasLanded = true;
    const leftMs = flight.sentAtMs === undefined ? 0 : flight.sentAtMs + this.#sweepMs - this.#clock.monotonicMs();
    if (this.#isClosed || leftMs <= 0) this.#drop(key, flight);
    else this.#clock.after(leftMs, () => this.#drop(key, flight));
  }

  async #fly(departure: Departure<T, M>, signal: AbortSignal, sent: (atMs: number) => void): Promise<T> {
    const { together, server, timeoutMs, failure } = departure;
    const alone = () => this.#flyAlone(departure, signal, sent);
    try {
      if (together === undefined) return await alone();
      return await this.#parties.join({ ...together, server, timeoutMs, failure, alone, sent }, signal);
    } catch (bug) {
      return failure(`the source broke: ${bug instanceof Error ? bug.message : String(bug)}`);
    }
  }

  async #flyAlone({ server, timeoutMs, send, failure }: Departure<T, M>, signal: AbortSignal, sent: (atMs: number) => void): Promise<T> {
    const release = await this.#lanes.acquire(server, timeoutMs, signal);
    if (release === undefined) return failure(`waited too long for other questions to ${server}`);
    const limit = deadline(this.#clock, timeoutMs, signal);
    sent(this.#clock.monotonicMs());
    try {
      return await send(limit.signal);
    } finally {
      limit.release();
      release();
    }
  }

  #drop(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}

import type { Clock } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { DueHeap } from './due-heap.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly firstBackoffMs?: number;
  readonly longestBackoffMs?: number;
}

type Lane = 'priority' | 'normal';

/** Which keys a worker takes: some are kept for the priority lane, so that a cut never waits until slow passes of others are through. */
export type Reach = 'any' | 'priorityOnly';

/** How close together keys that were cut off come back: fast for a few, never all of thousands in one moment. */
const returnGapMs = 2;
const longestReturnMs = 10_000;

/**
 * Keys that need a reconcile. A key is queued once however often it is added, is never in two hands, and runs again after its
 * present run when it was added meanwhile. Taking a key forgets its due time: the run that begins decides the next one.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #firstBackoffMs: number;
  readonly #longestBackoffMs: number;
  readonly #ready: Readonly<Record<Lane, Set<string>>> = { priority: new Set(), normal: new Set() };
  readonly #running = new Set<string>();
  readonly #again = new Map<string, Lane>();
  readonly #due = new DueHeap();
  readonly #failures = new Map<string, number>();
  /** Keys whose last run failed for want of the server, in the order in which they did, and the lane that they come back in. */
  readonly #cutOff = new Map<string, Lane>();
  readonly #waiters: Readonly<Record<Reach, Set<(key: string | undefined) => void>>> = { any: new Set(), priorityOnly: new Set() };
  #timer: { atMs: number; cancel: () => void } | undefined;
  #isClosed = false;

  constructor({ clock, random, firstBackoffMs = 200, longestBackoffMs = 60_000 }: WorkQueueOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#firstBackoffMs = firstBackoffMs;
    this.#longestBackoffMs = longestBackoffMs;
  }

  /** Keys that could be taken now. */
  get length(): number {
    return this.#ready.priority.size + this.#ready.normal.size;
  }

  /** Keys that wait for their due time. */
  get scheduled(): number {
    return this.#due.size;
  }

  get running(): number {
    return this.#running.size;
  }

  add(key: string, { priority = false }: { priority?: boolean } = {}): void {
    if (this.#isClosed) return;
    this.#enqueue(key, priority ? 'priority' : 'normal');
  }

  /** Adds the key at a wall-clock time; of several times the earliest counts. Later jumps of the wall clock do not move it. */
  addAt(key: string, wakeAtMs: number): void {
    const delayMs = wakeAtMs - this.#clock.nowMs();
    if (delayMs <= 0) this.add(key);
    else this.#addAfter(key, delayMs);
  }

  /** Adds the key after a back-off that doubles with each failure in a row. Gives the delay. */
  addAfterFailure(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    // The exponent is bounded on its own: 2 ** 1024 is Infinity, and Infinity * 0 no delay at all.
    const ceilingMs = Math.min(this.#longestBackoffMs, this.#firstBackoffMs * 2 ** Math.min(failures, 30));
    const delayMs = ceilingMs * (0.5 + 0.5 * this.#random.next());
    this.#addAfter(key, delayMs);
    return delayMs;
  }

  /** As `addAfterFailure`, where the server did not answer: `retryCutOff` ends the back-off, and begins with those of `priority`. */
  addCutOff(key: string, { priority = false }: { priority?: boolean } = {}): void {
    if (this.#isClosed) return;
    this.addAfterFailure(key);
    this.#cutOff.set(key, priority ? 'priority' : 'normal');
  }

  /** The server answers again: what it kept from running runs now, in order, and as if it had not failed. */
  retryCutOff(): void {
    const returning = [...this.#cutOff];
    this.#cutOff.clear();
    for (const [key] of returning) this.#failures.delete(key);
    const patient = returning.filter(([, lane]) => lane === 'normal');
    for (const [key, lane] of returning) if (lane === 'priority') this.#enqueue(key, lane);
    const gapMs = Math.min(returnGapMs, longestReturnMs / patient.length);
    for (const [index, [key]] of patient.entries()) this.#addAfter(key, gapMs * (index + this.#random.next()));
  }

  /** The key's failures are over. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, or undefined once the queue is closed or the signal aborts. Each key given needs one `done`. */
  take(signal?: AbortSignal, reach: Reach = 'any'): Promise<string | undefined> {
    if (this.#isClosed || signal?.aborted) return Promise.resolve(undefined);
    const key = this.#next(reach);
    if (key !== undefined) return Promise.resolve(key);
    return new Promise((resolve) => {
      const deliver = (value: string | undefined) => {
        this.#waiters[reach].delete(deliver);
        signal?.removeEventListener('abort', giveUp);
        resolve(value);
      };
      const giveUp = () => deliver(undefined);
      this.#waiters[reach].add(deliver);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  done(key: string): void {
    this.#running.delete(key);
    const lane = this.#again.get(key);
    this.#again.delete(key);
    if (lane !== undefined && !this.#isClosed) this.#enqueue(key, lane);
  }

  /** Drops what waits; `take` gives undefined from now on. Keys in hand stay in hand. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#due.clear();
    this.#cutOff.clear();
    this.#again.clear();
    this.#ready.priority.clear();
    this.#ready.normal.clear();
    for (const waiters of Object.values(this.#waiters)) for (const deliver of [...waiters]) deliver(undefined);
  }

  #enqueue(key: string, lane: Lane): void {
    if (this.#running.has(key)) {
      if (lane === 'priority' || !this.#again.has(key)) this.#again.set(key, lane);
      return;
    }
    if (lane === 'priority') this.#ready.normal.delete(key);
    else if (this.#ready.priority.has(key)) return;
    this.#ready[lane].add(key);
    this.#hand();
  }

  #hand(): void {
    // Those kept for the priority lane come last, so that they are free when no other is.
    for (const reach of ['any', 'priorityOnly'] as const) {
      for (const deliver of this.#waiters[reach]) {
        const key = this.#next(reach);
        if (key === undefined) break;
        deliver(key);
      }
    }
  }

  #next(reach: Reach): string | undefined {
    for (const lane of reach === 'any' ? [this.#ready.priority, this.#ready.normal] : [this.#ready.priority]) {
      for (const key of lane) {
        lane.delete(key);
        this.#running.add(key);
        this.#due.delete(key);
        this.#cutOff.delete(key);
        return key;
      }
    }
    return undefined;
  }

  #addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return;
    this.#due.set(key, this.#clock.monotonicMs() + delayMs);
    this.#arm();
  }

  #arm(): void {
    const nextMs = this.#due.nextMs();
    if (nextMs === undefined || (this.#timer !== undefined && this.#timer.atMs <= nextMs)) return;
    this.#timer?.cancel();
    const cancel = this.#clock.after(nextMs - this.#clock.monotonicMs(), () => this.#wake());
    this.#timer = { atMs: nextMs, cancel };
  }

  #wake(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    for (let key = this.#due.popDue(nowMs); key !== undefined; key = this.#due.popDue(nowMs)) this.#enqueue(key, 'normal');
    this.#arm();
  }
}

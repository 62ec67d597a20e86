import { clip } from '../lib/clip.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import { sha256Hex } from '../lib/hash.ts';
import type { Logger } from '../lib/logger.ts';
import { describeFailure, isTransient, type KubeFailure } from './failure.ts';
import type { KubeClient } from './kube-client.ts';
import { microTime } from './lease.ts';
import type { Resource } from './object.ts';

export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly uid: string;
}

export interface RecordedEvent {
  readonly regarding: EventSubject;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, at most 128 characters. */
  readonly reason: string;
  /** What was done, CamelCase; default the reason. */
  readonly action?: string;
  readonly note: string;
}

export interface RecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'patch'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** `sluice.dev/controller`, say. */
  readonly controller: string;
  /** This process. */
  readonly instance: string;
  readonly maxQueued?: number;
}

interface Series {
  readonly event: RecordedEvent;
  readonly namespace: string;
  readonly name: string;
  count: number;
  lastMs: number;
  isQueued: boolean;
  /** What the API server knows of `count`; 0 before the event exists. */
  writtenCount: number;
}

const eventResource: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events', kind: 'Event', namespaced: true };
const longestNote = 1_000;
const seriesIdleMs = 6 * 60_000;
const seriesPauseMs = 30_000;
const maxSeries = 2_000;
const maxAttempts = 3;

/**
 * Kubernetes Events, off the reconcile path: `event` only queues. An event that repeats within six minutes becomes a count on the
 * first one. The queue is bounded, and events are what goes first when the API server asks for less.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #maxQueued: number;
  readonly #series = new Map<string, Series>();
  readonly #queue: Series[] = [];
  readonly #pauses = new Map<Series, () => void>();
  #dropped = 0;
  #wake: (() => void) | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#maxQueued = options.maxQueued ?? 500;
  }

  /** Events that were given up since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  get queued(): number {
    return this.#queue.length;
  }

  event(event: RecordedEvent): void {
    const nowMs = this.#options.clock.nowMs();
    const { regarding, type, reason, action, note } = event;
    const key = JSON.stringify([regarding.uid, regarding.name, type, reason, action, note]);
    const known = this.#series.get(key);
    if (known !== undefined && nowMs - known.lastMs < seriesIdleMs) {
      known.count += 1;
      known.lastMs = nowMs;
      this.#repeat(known);
      return;
    }
    // The name tells same-millisecond events apart, and stays the same for a retry of a lost answer.
    const name = `${regarding.name.slice(0, 200).replace(/[^a-z0-9]+$/, '')}.${sha256Hex(`${key}${nowMs}`).slice(0, 16)}`;
    const series = { event, namespace: regarding.namespace ?? 'default', name, count: 1, lastMs: nowMs, isQueued: false, writtenCount: 0 };
    this.#remember(key, series);
    this.#enqueue(series);
  }

  /** Writes what is queued, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const series = this.#queue.shift();
      if (series === undefined) await this.#more(signal);
      else await this.#write(series, signal);
    }
  }

  /** Writes what is left until the signal aborts; for shutdown, after `run` has ended. */
  async flush(signal: AbortSignal): Promise<void> {
    for (const [series, cancel] of this.#pauses) {
      cancel();
      this.#enqueue(series);
    }
    this.#pauses.clear();
    while (!signal.aborted) {
      const series = this.#queue.shift();
      if (series === undefined) return;
      await this.#write(series, signal);
    }
  }

  /** A repetition is written after a pause, so that a storm of them costs one request. */
  #repeat(series: Series): void {
    if (series.isQueued) return;
    series.isQueued = true;
    const cancel = this.#options.clock.after(seriesPauseMs, () => {
      this.#pauses.delete(series);
      this.#enqueue(series);
    });
    this.#pauses.set(series, cancel);
  }

  #enqueue(series: Series): void {
    if (this.#queue.length >= this.#maxQueued) {
      series.isQueued = false;
      this.#dropped += 1;
      return;
    }
    series.isQueued = true;
    this.#queue.push(series);
    this.#wake?.();
  }

  #remember(key: string, series: Series): void {
    this.#series.delete(key);
    this.#series.set(key, series);
    const oldest = this.#series.size > maxSeries ? this.#series.keys().next().value : undefined;
    if (oldest !== undefined) this.#series.delete(oldest);
  }

  async #write(series: Series, signal: AbortSignal): Promise<void> {
    series.isQueued = false;
    for (let attempt = 1; ; attempt++) {
      const failure = series.writtenCount > 0 ? await this.#count(series, signal) : await this.#create(series, signal);
      if (failure === undefined) {
        // It happened again while it was queued or written.
        if (series.count > series.writtenCount) this.#repeat(series);
        return;
      }
      // Stopped in mid-write: for `flush`, under the same name, so that one which did arrive is not told twice.
      if (signal.aborted) {
        series.isQueued = true;
        this.#queue.unshift(series);
        return;
      }
      const isWorthIt = (isTransient(failure) && failure.kind !== 'tooManyRequests') || failure.kind === 'unknownOutcome';
      if (!isWorthIt || attempt === maxAttempts) {
        this.#dropped += 1;
        this.#options.log.debug({ failure: describeFailure(failure) }, 'event dropped');
        return;
      }
      await sleep(this.#options.clock, 500 * 2 ** attempt, signal);
    }
  }

  async #create(series: Series, signal: AbortSignal): Promise<KubeFailure | undefined> {
    const { event, namespace, name } = series;
    const body = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace },
      eventTime: microTime(series.lastMs),
      reportingController: this.#options.controller,
      reportingInstance: this.#options.instance.slice(0, 128),
      action: (event.action ?? event.reason).slice(0, 128),
      reason: event.reason.slice(0, 128),
      regarding: event.regarding,
      note: clip(event.note, longestNote),
      type: event.type,
    };
    const reply = await this.#options.client.create(eventResource, namespace, body, {}, signal);
    if (!reply.ok && reply.failure.kind !== 'alreadyExists') return reply.failure;
    series.writtenCount = 1;
    return undefined;
  }

  async #count(series: Series, signal: AbortSignal): Promise<KubeFailure | undefined> {
    const { namespace, name, count, lastMs } = series;
    const body = { series: { count, lastObservedTime: microTime(lastMs) } };
    const reply = await this.#options.client.patch(eventResource, { namespace, name }, body, { type: 'merge' }, signal);
    if (!reply.ok) return reply.failure;
    series.writtenCount = count;
    return undefined;
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const proceed = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', proceed);
        resolve();
      };
      if (signal.aborted) {
        resolve();
        return;
      }
      this.#wake = proceed;
      signal.addEventListener('abort', proceed, { once: true });
    });
  }
}

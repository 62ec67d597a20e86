import { setMaxListeners } from 'node:events';
import { type Clock, sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Contact } from './contact.ts';
import type { Reach, WorkQueue } from './work-queue.ts';

/**
 * `wakeAtMs`: look again then, by the wall clock. `retry`: this pass failed, look again after the key's back-off. `cutOff`: the server did
 * not answer, or must not be written to; look again after the back-off, and at once when it answers, the urgent first.
 */
export type ReconcileOutcome = { readonly wakeAtMs?: number | undefined } | 'retry' | { readonly cutOff: 'urgent' | 'patient' };

export interface ControllerOptions {
  readonly queue: WorkQueue;
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileOutcome>;
  readonly concurrency: number;
  /** Workers beside those, for the priority lane alone. Default 0. */
  readonly urgentConcurrency?: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onPanic?: (key: string, error: unknown) => void;
  /** How long passes under way may still run after the stop; then their signal aborts. Default 8 s. */
  readonly drainMs?: number;
  /** Aborts passes under way at once, as a lost lease must. */
  readonly interrupt?: AbortSignal;
  /** Ends the back-offs of keys that were cut off. */
  readonly contact?: Pick<Contact, 'onRegained'>;
}

/** Reconciles until the signal aborts, then ends the passes under way. A pass that throws is a bug: logged, backed off, survived. */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const passes = new AbortController();
  const interrupt = () => passes.abort(options.interrupt?.reason);
  options.interrupt?.addEventListener('abort', interrupt, { once: true });
  if (options.interrupt?.aborted) interrupt();
  const stopped = new AbortController();
  const stop = anyAborted(signal, passes.signal);
  // Each worker that waits listens for the stop, and each request of a pass for its end: no leak.
  setMaxListeners(0, stop.signal, passes.signal);
  const releaseContact = options.contact?.onRegained(() => options.queue.retryCutOff());
  const workersOf = (reach: Reach, count: number) =>
    Array.from({ length: count }, () => work(options, { reach, stop: stop.signal, passes: passes.signal }));
  const workers = [...workersOf('any', options.concurrency), ...workersOf('priorityOnly', options.urgentConcurrency ?? 0)];
  const done = Promise.all(workers).finally(() => stopped.abort());
  await Promise.all([done, cutShort(options, signal, stopped.signal, passes)]);
  stop.release();
  releaseContact?.();
  options.interrupt?.removeEventListener('abort', interrupt);
}

interface Shift {
  readonly reach: Reach;
  readonly stop: AbortSignal;
  readonly passes: AbortSignal;
}

async function work(options: ControllerOptions, { reach, stop, passes }: Shift): Promise<void> {
  const { queue } = options;
  for (let key = await queue.take(stop, reach); key !== undefined; key = await queue.take(stop, reach)) {
    try {
      settle(queue, key, await options.reconcile(key, passes));
    } catch (error) {
      panic(options, key, error);
      queue.addAfterFailure(key);
    } finally {
      queue.done(key);
    }
  }
}

function settle(queue: WorkQueue, key: string, outcome: ReconcileOutcome): void {
  if (outcome === 'retry') {
    queue.addAfterFailure(key);
    return;
  }
  if ('cutOff' in outcome) {
    queue.addCutOff(key, { priority: outcome.cutOff === 'urgent' });
    return;
  }
  queue.forget(key);
  if (outcome.wakeAtMs !== undefined) queue.addAt(key, outcome.wakeAtMs);
}

function panic({ log, onPanic }: ControllerOptions, key: string, error: unknown): void {
  log.error({ key, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, 'reconcile threw');
  try {
    onPanic?.(key, error);
  } catch (second) {
    log.error({ key, error: String(second) }, 'onPanic threw');
  }
}

async function cutShort(options: ControllerOptions, signal: AbortSignal, done: AbortSignal, passes: AbortController): Promise<void> {
  const stop = anyAborted(signal, done);
  await whenAborted(stop.signal);
  stop.release();
  if (done.aborted) return;
  await sleep(options.clock, options.drainMs ?? 8_000, done);
  if (!done.aborted) passes.abort(new DOMException('the time to drain is over', 'TimeoutError'));
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function anyAborted(first: AbortSignal, second: AbortSignal): { signal: AbortSignal; release: () => void } {
  const joined = new AbortController();
  const abort = () => joined.abort();
  for (const signal of [first, second]) {
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }
  return {
    signal: joined.signal,
    release() {
      first.removeEventListener('abort', abort);
      second.removeEventListener('abort', abort);
    },
  };
}

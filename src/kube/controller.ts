import { type Clock, sleep } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { WorkQueue } from './work-queue.ts';

/** `wakeAtMs`: look again then, by the wall clock. `retry`: this pass failed, look again after the key's back-off. */
export type ReconcileOutcome = { readonly wakeAtMs?: number | undefined } | 'retry';

export interface ControllerOptions {
  readonly queue: WorkQueue;
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileOutcome>;
  readonly concurrency: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onPanic?: (key: string, error: unknown) => void;
  /** How long passes under way may still run after the stop; then their signal aborts. Default 8 s. */
  readonly drainMs?: number;
  /** Aborts passes under way at once, as a lost lease must. */
  readonly interrupt?: AbortSignal;
}

/** Reconciles until the signal aborts, then ends the passes under way. A pass that throws is a bug: logged, backed off, survived. */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const passes = new AbortController();
  const interrupt = () => passes.abort(options.interrupt?.reason);
  options.interrupt?.addEventListener('abort', interrupt, { once: true });
  if (options.interrupt?.aborted) interrupt();
  const stopped = new AbortController();
  const stop = anyAborted(signal, passes.signal);
  const workers = Array.from({ length: options.concurrency }, () => work(options, stop.signal, passes.signal));
  const done = Promise.all(workers).finally(() => stopped.abort());
  await Promise.all([done, cutShort(options, signal, stopped.signal, passes)]);
  stop.release();
  options.interrupt?.removeEventListener('abort', interrupt);
}

async function work(options: ControllerOptions, stop: AbortSignal, passSignal: AbortSignal): Promise<void> {
  const { queue } = options;
  for (let key = await queue.take(stop); key !== undefined; key = await queue.take(stop)) {
    try {
      settle(queue, key, await options.reconcile(key, passSignal));
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

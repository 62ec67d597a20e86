import type { Clock } from '../../lib/index.ts';
import { events } from './kinds/index.ts';
import type { ObjectStore } from './store.ts';

/**
 * Takes out events that nobody has written for so long, as etcd does with their lease. They go with the next event that is written: where
 * none is, no timer waits for them.
 */
export function expireEvents(store: ObjectStore, clock: Clock, liveMs: number, delayMs: number): void {
  // In the order of their last write.
  const writtenMs = new Map<string, number>();
  let isScheduled = false;

  const oldest = (): string | undefined => {
    const [first] = writtenMs;
    return first !== undefined && clock.monotonicMs() - first[1] >= liveMs ? first[0] : undefined;
  };
  const sweep = (): void => {
    isScheduled = false;
    for (let key = oldest(); key !== undefined; key = oldest()) store.remove(events.table, key);
  };
  store.onCommit(({ table, key, type }) => {
    if (table !== events.table) return;
    writtenMs.delete(key);
    if (type === 'DELETED') return;
    writtenMs.set(key, clock.monotonicMs());
    if (isScheduled || oldest() === undefined) return;
    isScheduled = true;
    clock.after(delayMs, sweep);
  });
}

import type { StepClock } from '../sandbox/index.ts';

/** Whether anything has happened that promises may be waiting for. */
export interface Stir {
  isStirred: boolean;
}

export interface Drive {
  /** Lets `durationMs` of virtual time pass. */
  runFor(durationMs: number): Promise<void>;
  /** Until the condition holds, which is asked after each event; false where it does not within the limit. */
  runUntil(holds: () => boolean, limitMs: number): Promise<boolean>;
}

/**
 * Moves virtual time from event to event and lets the promises that an event resolved run to their end before the next one. `afterEvent` sees the
 * world after each of them.
 */
export function createDrive(clock: StepClock, stir: Stir, afterEvent: () => void): Drive {
  async function runUntil(holds: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = clock.monotonicMs() + limitMs;
    // What was begun outside of any event.
    await settle();
    while (!holds()) {
      const nextMs = clock.nextAtMs();
      if (nextMs === undefined || nextMs > endMs) {
        clock.runFor(endMs - clock.monotonicMs());
        return holds();
      }
      clock.step();
      // The cluster itself knows no promises: after its own events there is nothing to wait for.
      if (stir.isStirred) {
        stir.isStirred = false;
        await settle();
      }
      afterEvent();
    }
    return true;
  }
  return { runUntil, runFor: async (durationMs) => void (await runUntil(() => false, durationMs)) };
}

/** All promises that can go on have gone on: `setImmediate` comes after the last of them. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

import type { Clock } from '../lib/clock.ts';

const tickMs = 500;

/** Calls `onStall` once when a timer comes more than `limitMs` late: the loop was blocked, or the machine slept. Returns its end. */
export function watchLoopDelay(clock: Clock, limitMs: number, onStall: (delayMs: number) => void): () => void {
  let cancel = () => {};
  const arm = () => {
    const dueMs = clock.monotonicMs() + tickMs;
    cancel = clock.after(tickMs, () => {
      const delayMs = clock.monotonicMs() - dueMs;
      if (delayMs > limitMs) onStall(delayMs);
      else arm();
    });
  };
  arm();
  return () => cancel();
}

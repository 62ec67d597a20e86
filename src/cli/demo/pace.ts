import type { Clock } from '../../lib/index.ts';
import type { StepClock } from '../../sandbox/index.ts';

const tickMs = 10;

/**
 * Lets the sandbox's time go by as fast as real time does. Where this process was kept from running, the time that it missed is gone through timer by
 * timer, each at the moment that it was meant for: a slow machine makes a slow demo, and never another order of events.
 */
export function keepPace(virtual: StepClock, real: Clock): () => void {
  const startedMs = real.monotonicMs() - virtual.monotonicMs();
  let cancel = () => {};
  const tick = () => {
    cancel = real.after(tickMs, tick);
    // Whole milliseconds, as wall clocks have them.
    virtual.runFor(Math.max(0, Math.floor(real.monotonicMs() - startedMs) - virtual.monotonicMs()));
  };
  tick();
  return () => cancel();
}

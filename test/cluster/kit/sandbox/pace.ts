import type { Clock } from '../../../../src/lib/index.ts';
import type { StepClock } from '../../../../src/sandbox/index.ts';

const tickMs = 10;
const mostMs = 500;

/**
 * Keeps the sandbox's clock with the wall's; the returned function does it at once. Where this process was kept from running for long, not
 * all is made up for: the cluster is slow then, as any is on a busy machine, its times are true all the same, and whoever asks is answered.
 */
export function keepUp(time: StepClock, real: Clock): () => void {
  const catchUp = () => {
    const behindMs = Math.floor(real.nowMs()) - time.nowMs();
    if (behindMs <= 0) return;
    time.runFor(Math.min(behindMs, mostMs));
    if (behindMs > mostMs) time.jumpWall(behindMs - mostMs);
  };
  const tick = () => {
    catchUp();
    real.after(tickMs, tick);
  };
  tick();
  return catchUp;
}

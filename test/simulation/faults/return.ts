import type { Replica } from '../../../src/simulation/index.ts';
import type { Run } from '../play/run.ts';

/** Where there is no other to take over, the pod comes back all the same. */
const aloneMs = 40_000;

/** How a pod whose process has ended comes back: soon, or once another has taken over. */
export function comesBack(run: Run, ended: Replica, who: 'same' | 'other', afterMs: number): void {
  if (who === 'same') {
    run.start(ended.name, afterMs);
    return;
  }
  let isBack = false;
  const start = () => {
    if (isBack) return;
    isBack = true;
    run.start(ended.name, afterMs);
  };
  run.when(() => run.leader() !== undefined && run.leader() !== ended, start);
  run.at(run.elapsedMs() + aloneMs, start);
}

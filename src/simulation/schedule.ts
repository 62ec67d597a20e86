import { Cron } from 'croner';
import type { Schedule } from '../controller/index.ts';
import type { Clock } from '../lib/index.ts';

/** Jobs by cron expressions, in UTC, on any clock; a run that is still under way is not started again. */
export const scheduleOn =
  (clock: Clock): Schedule =>
  (expression, run) => {
    const cron = new Cron(expression, { timezone: 'UTC', paused: true });
    let cancel = () => {};
    let isRunning = false;
    const arm = () => {
      const next = cron.nextRun(new Date(clock.nowMs()));
      if (next === null) return;
      cancel = clock.after(next.getTime() - clock.nowMs(), () => {
        arm();
        if (isRunning) return;
        isRunning = true;
        void run().finally(() => {
          isRunning = false;
        });
      });
    };
    arm();
    return () => cancel();
  };

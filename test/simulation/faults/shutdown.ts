import type { Fault, Run } from '../play/run.ts';
import { workloadNamed } from '../workloads/index.ts';
import { atAnyTime, atCall, atEffect, atTrigger, between, numberOf } from './kit.ts';

const nextOf = (name: string): string => `${name}-next`;

/** One after the other: a new process beside, and when it has had the time to get ready, the old one is told to stop. */
function roll(run: Run, names: readonly string[], everyMs: number): void {
  names.forEach((name, index) => {
    run.at(run.elapsedMs() + index * everyMs, () => {
      if (run.isHealed) return;
      run.start(nextOf(name));
      run.at(run.elapsedMs() + everyMs / 2, () => {
        for (const replica of run.replicas()) if (replica.name === name && !run.isHealed) replica.stop();
      });
    });
  });
}

/** F19. */
export const shutdowns: readonly Fault[] = [
  {
    ...{ name: 'sigterm', kind: 'F19', text: 'a process is told to stop at one of its writes; another comes in its place' },
    draw: (random, size) => ({ at: atEffect(random, size), with: { backAfterMs: between(random, 0, 20_000) } }),
    arm(planned, run) {
      atCall(planned, run, 'onCall', ({ replica }) => {
        run.struck(planned);
        replica.stop();
        run.when(
          () => replica.ended() !== undefined,
          () => run.start(replica.name, numberOf(planned, 'backAfterMs', 2_000)),
        );
        return undefined;
      });
    },
  },
  {
    ...{ name: 'sigterm-sigkill', kind: 'F19', text: 'a process is told to stop at one of its writes, and killed before it has' },
    draw: (random, size) => ({
      at: atEffect(random, size),
      with: { graceMs: between(random, 1, 2_000), backAfterMs: between(random, 0, 20_000) },
    }),
    arm(planned, run) {
      atCall(planned, run, 'onCall', ({ replica }) => {
        replica.stop();
        run.at(run.elapsedMs() + numberOf(planned, 'graceMs', 100), () => {
          // Told to stop in time, it has gone by itself.
          if (replica.ended() === undefined && !run.isHealed) run.struck(planned);
          replica.kill();
          run.start(replica.name, numberOf(planned, 'backAfterMs', 2_000));
        });
        return undefined;
      });
    },
  },
  {
    ...{
      name: 'rolling-update',
      kind: 'F19',
      text: 'the controller itself is rolled: new processes beside old ones, which stop one after the other',
    },
    draw: (random, size) => ({ at: atAnyTime(random, size), with: { everyMs: between(random, 4_000, 40_000) } }),
    arm(planned, run) {
      const { replicas } = workloadNamed(run.plan.workload);
      atTrigger(planned, run, () => {
        run.struck(planned);
        roll(run, replicas, numberOf(planned, 'everyMs', 10_000));
      });
      run.onHeal(() => {
        // Those of the workload come back under their own names.
        for (const replica of run.replicas()) if (replicas.map(nextOf).includes(replica.name)) replica.stop();
      });
    },
  },
];

import type { Replica } from '../../../src/simulation/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Run } from '../play/run.ts';
import { atAnyTime, between, during, numberOf, onceStruck, oneOf, textOf } from './kit.ts';

const hourMs = 3_600_000;

const whose: readonly [string, ...string[]] = ['leader', 'all'];

function chosen(planned: PlannedFault, run: Run): readonly Replica[] {
  const replicas = run.replicas().filter(({ time }) => !time.isFrozen);
  if (textOf(planned, 'whose', 'leader') === 'all') return replicas;
  return replicas.filter((replica) => replica === run.leader());
}

/** The wall clock of processes is wrong by `byMs`, for a while. */
const wrong = (name: string, text: string, byMs: readonly [number, ...number[]]): Fault => ({
  ...{ name, kind: 'F9', text },
  draw: (random, size) => ({
    at: atAnyTime(random, size),
    with: { byMs: oneOf(random, byMs), forMs: between(random, 10_000, 200_000), whose: oneOf(random, whose) },
  }),
  arm(planned, run) {
    during(planned, run, () => {
      const replicas = chosen(planned, run);
      if (replicas.length === 0) return undefined;
      run.struck(planned);
      for (const { time } of replicas) time.skew(numberOf(planned, 'byMs', byMs[0]));
      return () => {
        for (const { time } of replicas) time.skew(0);
      };
    });
  },
});

/** In the midst of a run: the last second of a year, with its leap second; the nights in which summer time begins and ends (Berlin). */
const moments: Readonly<Record<string, number>> = {
  leap: Date.UTC(2026, 11, 31, 23, 59, 0),
  spring: Date.UTC(2026, 2, 29, 0, 59, 0),
  autumn: Date.UTC(2026, 9, 25, 0, 59, 0),
};

export const clockFaults: readonly Fault[] = [
  wrong('clock-jump', 'the wall clock jumps by an hour, back or forth, and later back to the truth', [-hourMs, hourMs]),
  wrong('clock-back', 'the wall clock is set back by half a minute', [-30_000]),
  {
    ...{ name: 'clock-drift', kind: 'F9', text: 'the clocks of a process, the monotonic one too, go five percent too fast or too slow' },
    draw: (random, size) => ({
      at: atAnyTime(random, size),
      with: { rate: oneOf(random, [0.95, 1.05]), forMs: between(random, 30_000, 200_000), whose: oneOf(random, whose) },
    }),
    arm(planned, run) {
      during(planned, run, () => {
        const replicas = chosen(planned, run);
        if (replicas.length === 0) return undefined;
        run.struck(planned);
        for (const { time } of replicas) time.drift(numberOf(planned, 'rate', 1.05));
        return () => {
          for (const { time } of replicas) time.drift(1);
        };
      });
    },
  },
  {
    ...{ name: 'clock-freeze', kind: 'F9' },
    text: 'processes stand still for up to five minutes; with their machine suspended, so does their monotonic clock',
    draw: (random, size) => ({
      at: atAnyTime(random, size),
      with: { forMs: between(random, 1_000, 300_000), whose: oneOf(random, whose), isSuspended: random.next() < 0.5 },
    }),
    arm(planned, run) {
      during(planned, run, () => {
        const replicas = chosen(planned, run);
        if (replicas.length === 0) return undefined;
        run.struck(planned);
        for (const { time } of replicas) {
          if (planned.with?.isSuspended === true) time.suspend();
          else time.freeze();
        }
        return () => {
          for (const { time } of replicas) time.thaw();
        };
      });
    },
  },
  {
    ...{ name: 'loop-blocked', kind: 'F18', text: 'the event loop of a process is blocked for a while, its clocks run on' },
    draw: (random, size) => ({
      at: atAnyTime(random, size),
      with: { forMs: between(random, 50, 14_000), whose: oneOf(random, whose) },
    }),
    arm(planned, run) {
      during(planned, run, () => {
        const replicas = chosen(planned, run);
        if (replicas.length === 0) return undefined;
        run.struck(planned);
        for (const { time } of replicas) time.freeze();
        return () => {
          for (const { time } of replicas) time.thaw();
        };
      });
    },
  },
  {
    ...{ name: 'clock-moment', kind: 'F9' },
    text: 'the run passes a leap second, which sets all clocks of processes back by one second, or the hour in which summer time begins or ends',
    draw: (random) => ({ at: { atMs: 60_000 }, with: { moment: oneOf(random, ['leap', 'spring', 'autumn']) } }),
    startMs: (planned) => moments[textOf(planned, 'moment', 'leap')],
    arm(planned, run) {
      run.at(60_000, () => {
        if (run.isHealed) return;
        run.struck(planned);
        if (textOf(planned, 'moment', 'leap') !== 'leap') return;
        for (const { time } of run.replicas()) time.skew(-1_000);
        run.onHeal(() => {
          for (const { time } of run.replicas()) time.skew(0);
        });
      });
    },
  },
  {
    ...{
      name: 'replicas-skewed',
      kind: 'F9',
      text: 'every process is wrong by up to ten minutes, each by another amount, from its start on',
    },
    draw: (random) => ({
      at: { atMs: 0 },
      with: { firstMs: between(random, -600_000, 600_000), secondMs: between(random, -600_000, 600_000) },
    }),
    arm(planned, run) {
      const hit = onceStruck(planned, run);
      const names: string[] = [];
      run.hook({
        onStart({ name, time }) {
          if (run.isHealed) return;
          if (!names.includes(name)) names.push(name);
          hit();
          time.skew(numberOf(planned, names.indexOf(name) % 2 === 0 ? 'firstMs' : 'secondMs', 600_000));
        },
      });
      run.onHeal(() => {
        for (const { time } of run.replicas()) time.skew(0);
      });
    },
  },
  {
    ...{ name: 'two-leaders', kind: 'F10' },
    text: 'the leader stands still past its lease with a write on its way; another leads; then it goes on, and the write arrives, or has arrived before and is heard of',
    draw: (random, size) => ({
      at: { effect: between(random, 0, Math.max(0, size.effects - 1)) },
      with: { forMs: between(random, 18_000, 60_000), queued: oneOf(random, ['write', 'answer']), isSuspended: random.next() < 0.5 },
    }),
    arm(planned, run) {
      const { at } = planned;
      const forMs = numberOf(planned, 'forMs', 20_000);
      const isWriteLate = textOf(planned, 'queued', 'write') === 'write';
      let isDone = false;
      run.hook({
        onCall({ sort, index, replica }) {
          if (isDone || run.isHealed || !('effect' in at) || sort !== 'effect' || index < at.effect || replica !== run.leader())
            return undefined;
          isDone = true;
          if (planned.with?.isSuspended === true) replica.time.suspend();
          else replica.time.freeze();
          let isThawed = false;
          const thaw = () => {
            if (isThawed) return;
            isThawed = true;
            const leader = run.leader();
            if (leader !== undefined && !run.isHealed) run.struck(planned);
            replica.time.thaw();
          };
          run.onHeal(thaw);
          run.at(run.elapsedMs() + forMs, thaw);
          // The write leaves in the moment in which it goes on, before it hears of anything.
          return isWriteLate ? { kind: 'delay', delayMs: forMs - 1 } : undefined;
        },
      });
    },
  },
];

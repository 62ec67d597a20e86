import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/lib/index.ts';
import type { PlannedFault, Trigger } from '../play/plan.ts';
import { play } from '../play/play.ts';
import type { Fault } from '../play/run.ts';
import { workloadNamed, workloads } from '../workloads/index.ts';
import { faultNamed, faults } from './index.ts';
import { drawFaults } from './subsets.ts';

/** In the middle of the first step, and after the last: the canary has 20 percent, or all is over and the old pods are gone. */
const inStep: Trigger = { atMs: 40_000 };
const afterwards: Trigger = { atMs: 120_000 };
/** The write of the split that gives the canary its first traffic; its status was the one before. */
const atWrite: Trigger = { effect: 41 };

type Alone = Omit<PlannedFault, 'fault'>;

/** Where a fault strikes that does not in the middle of the first step, or not in the way that is worth seeing. */
const alone: Readonly<Record<string, Alone>> = {
  'crash-before': { at: atWrite, with: { back: 'same', backAfterMs: 1_000 } },
  'crash-after': { at: atWrite, with: { back: 'other', backAfterMs: 1_000 } },
  'unknown-landed': { at: atWrite, with: { as: 'silence' } },
  'unknown-lost': { at: atWrite, with: { as: '504' } },
  'unknown-late': { at: atWrite, with: { delayMs: 20_000 } },
  'read-stale': { at: { read: 12 }, with: { behind: 5 } },
  'front-lags': { at: inStep, with: { behind: 20, forMs: 20_000, whose: 'all' } },
  'time-travel': { at: inStep, with: { behind: 40, forMs: 20_000, whose: 'leader' } },
  'event-dropped': { at: { event: 190 } },
  'stream-silent': { at: { event: 190 } },
  'watch-cut': { at: { event: 190 }, with: { how: 'refused' } },
  'clock-moment': { at: { atMs: 60_000 }, with: { moment: 'leap' } },
  'replicas-skewed': { at: { atMs: 0 }, with: { firstMs: -600_000, secondMs: 600_000 } },
  'two-leaders': { at: atWrite, with: { forMs: 40_000, queued: 'write', isSuspended: true } },
  sigterm: { at: atWrite, with: { backAfterMs: 2_000 } },
  'sigterm-sigkill': { at: { effect: 40 }, with: { graceMs: 1, backAfterMs: 2_000 } },
  'lease-renew-409': { at: atWrite, with: { times: 8 } },
  'lease-renew-unheard': { at: atWrite, with: { times: 4 } },
  'lease-renew-lost': { at: atWrite, with: { times: 8 } },
  'pods-never-ready': { at: { atMs: 0 }, with: { forMs: 20_000 } },
  'quota-denies': { at: { atMs: 0 }, with: { forMs: 20_000 } },
  'admission-mutates': { at: { atMs: 0 }, with: { how: 'container', forMs: 20_000 } },
  'admission-denies': { at: inStep, with: { what: 'trafficsplits', forMs: 30_000 } },
  recreated: { at: afterwards },
};

const planOf = (name: string): PlannedFault => {
  if (name.startsWith('api-')) return { fault: name, at: atWrite, with: { to: 'process', times: 20, forMs: 30_000 } };
  const { at, with: given } = alone[name] ?? { at: inStep };
  return { fault: name, at, with: { forMs: 25_000, ...given } };
};

const isOfTrafficMetrics = (name: string): boolean => name.startsWith('smi-metrics');

async function strikes({ name, kind, mayLose }: Fault, workload: string): Promise<void> {
  const outcome = await play({ workload, seed: 1, faults: [planOf(name)] }, { restMs: 30_000 });
  expect(outcome.violations, outcome.tail.join('\n')).toEqual([]);
  expect(outcome.struck[kind]).toBeGreaterThan(0);
  if (mayLose !== true) expect(outcome.requests.lost).toBe(0);
}

test.each(faults.filter(({ name }) => !isOfTrafficMetrics(name)))('$name: $text', (fault) => strikes(fault, 'promotion'));

/** Only where somebody asks for TrafficMetrics. */
const judged = workloads.find(({ name }) => name === 'traffic-metrics');

test.runIf(judged !== undefined).each(faults.filter(({ name }) => isOfTrafficMetrics(name)))('$name: $text', (fault) =>
  strikes(fault, 'traffic-metrics'),
);

test('every fault has a name of its own and says what it does', () => {
  const names = faults.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(faults.filter(({ text }) => text.length < 10)).toEqual([]);
  expect(() => faultNamed('no such')).toThrow('no fault is called');
});

test('a subset is the same for the same random numbers, other for others, and what it draws can be armed', () => {
  const size = { effects: 100, reads: 50, events: 300, lengthMs: 120_000 };
  const workload = workloadNamed('promotion');
  const draw = (seed: number) => drawFaults(seededRandom(seed), size, workload);
  expect(draw(7)).toEqual(draw(7));
  const seeds = Array.from({ length: 400 }, (_, index) => index);
  const all = seeds.flatMap(draw);
  expect(new Set(all.map(({ fault }) => fault)).size).toBe(faults.filter((fault) => fault.suits?.(workload) !== false).length);
  for (const { fault, at } of all) {
    expect(faultNamed(fault).name).toBe(fault);
    const [least] = Object.values(at);
    expect(least).toBeGreaterThanOrEqual(0);
  }
});

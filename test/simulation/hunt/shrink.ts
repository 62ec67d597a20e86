import type { Plan, PlannedFault } from '../play/plan.ts';
import type { Violation } from '../play/run.ts';
import type { Shrunk } from './job.ts';
import { playBeside } from './reference.ts';

const mostPlays = 120;
const shownEffects = 30;

/** The smallest plan found that breaks the same law; undefined where the plan itself does not break it. */
export async function shrink(plan: Plan, law: string, onPlay: () => void = () => {}): Promise<Shrunk | undefined> {
  let plays = 0;
  async function breaks(tried: Plan): Promise<Violation | undefined> {
    if (plays >= mostPlays) return undefined;
    plays += 1;
    onPlay();
    return (await playBeside(tried)).violations.find((violation) => violation.law === law);
  }
  let violation = await breaks(plan);
  if (violation === undefined) return undefined;
  let smallest = plan;
  async function take(tried: Plan): Promise<boolean> {
    const found = await breaks(tried);
    if (found === undefined) return false;
    violation = found;
    smallest = tried;
    return true;
  }

  for (let piece = Math.ceil(smallest.faults.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let from = 0; from < smallest.faults.length; ) {
      const faults = smallest.faults.filter((_, index) => index < from || index >= from + piece);
      // What was taken away leaves the next piece at the same place.
      if (!(await take({ ...smallest, faults }))) from += piece;
    }
  }
  for (let index = 0; index < smallest.faults.length; index += 1) {
    for (const simplify of simpler) {
      const fault = smallest.faults[index];
      for (const tried of fault === undefined ? [] : simplify(fault))
        if (await take({ ...smallest, faults: smallest.faults.with(index, tried) })) break;
    }
  }
  return { plan: smallest, violation, plays, effects: await lastEffects(smallest) };
}

type Simplify = (fault: PlannedFault) => readonly PlannedFault[];

/** Ways to say less, the boldest first. */
const simpler: readonly Simplify[] = [
  ({ fault, at, with: said }) => (said === undefined ? [] : [{ fault, at }]),
  (fault) =>
    Object.keys(fault.with ?? {}).map((key) => ({
      ...fault,
      with: Object.fromEntries(Object.entries(fault.with ?? {}).filter(([other]) => other !== key)),
    })),
  (fault) =>
    Object.entries(fault.with ?? {}).flatMap(([key, value]) =>
      typeof value === 'number' ? rounder(value).map((round) => ({ ...fault, with: { ...fault.with, [key]: round } })) : [],
    ),
  (fault) => {
    const { at } = fault;
    return 'atMs' in at ? rounder(at.atMs).map((atMs) => ({ ...fault, at: { atMs } })) : [];
  },
];

const rounder = (value: number): readonly number[] =>
  [0, 60_000, 10_000, 1_000].map((unit) => (unit === 0 ? 0 : Math.floor(value / unit) * unit)).filter((round) => round !== value);

async function lastEffects(plan: Plan): Promise<readonly string[]> {
  const lines: string[] = [];
  await playBeside(plan, {
    onLine(line) {
      if (/ effect .*\/leases(\/|$)| answer \d/.test(line) || !/ effect | says | fault |VIOLATION|starts /.test(line)) return;
      lines.push(line);
      if (lines.length > shownEffects) lines.shift();
    },
  });
  return lines;
}

// Plays a trace many times before all judges.
import { seededRandom } from '../../src/lib/index.ts';
import { judges, type Question } from './judges.ts';
import { type Trace, windows } from './traces.ts';

/** When a run was rolled back. */
export interface Rollback {
  readonly window: number;
  /** Requests of the canary since the loss began. */
  readonly requests: number;
}

export interface Outcome {
  readonly judge: string;
  readonly runs: number;
  /** Of the runs that were rolled back. */
  readonly rollbacks: readonly Rollback[];
}

export interface Case extends Question {
  readonly trace: Trace;
  /** The true loss, and the window in which it begins. */
  readonly loss: number;
  readonly from?: number;
  readonly runs: number;
}

export function play(one: Case, seed: number): readonly Outcome[] {
  const found = judges.map(({ name }) => ({ judge: name, runs: one.runs, rollbacks: [] as Rollback[] }));
  for (let run = 0; run < one.runs; run += 1) {
    for (const [index, rollback] of playOnce(one, seed * 1_000_003 + run).entries()) {
      if (rollback !== undefined) found[index]?.rollbacks.push(rollback);
    }
  }
  return found;
}

/** Of each judge, when it rolled this run back. */
function playOnce({ trace, loss, from = 1, ...question }: Case, seed: number): readonly (Rollback | undefined)[] {
  const random = seededRandom(seed);
  const looks = judges.map((judge) => judge.start(question));
  const found: (Rollback | undefined)[] = judges.map(() => undefined);
  let requests = 0;
  for (let number = 1; number <= windows && found.includes(undefined); number += 1) {
    const window = trace.window(random, number, number >= from ? loss : 0);
    if (number >= from) requests += window.canary.total;
    for (const [index, look] of looks.entries()) {
      if (found[index] === undefined && look(window)) found[index] = { window: number, requests };
    }
  }
  return found;
}

export function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

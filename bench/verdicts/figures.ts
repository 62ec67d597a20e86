// What is simulated, and how often.
import { type LatencyCase, type LatencyOutcome, latencyCases, playLatency } from './latency.ts';
import { type PassCase, passCases, requestsToPass } from './passing.ts';
import { lanes, type RaceResult, race } from './race.ts';
import { type Outcome, play } from './simulate.ts';
import { type Trace, traces, windows } from './traces.ts';

export const alpha = 0.01;
export const minEffect = 0.005;
/** A real regression: four times minEffect. */
export const largerLoss = 0.02;

export interface TraceFigures {
  readonly trace: Trace;
  readonly equal: readonly Outcome[];
  readonly atMinEffect: readonly Outcome[];
  readonly larger: readonly Outcome[];
}

export interface Figures {
  readonly runs: { readonly traces: number; readonly race: number; readonly latency: number };
  readonly traces: readonly TraceFigures[];
  /** The larger loss begins half-way. */
  readonly late: readonly Outcome[];
  readonly race: readonly RaceResult[];
  readonly passing: readonly (PassCase & { readonly requests: number })[];
  readonly latency: readonly (LatencyOutcome & { readonly case: LatencyCase })[];
}

export function simulateAll(runs: Figures['runs'], say: (text: string) => void): Figures {
  const question = { alpha, expected: largerLoss };
  const perTrace = traces.map((trace, index) => {
    say(trace.name);
    const one = { trace, runs: runs.traces, ...question };
    return {
      trace,
      equal: play({ ...one, minEffect: 0, loss: 0 }, 3 * index + 1),
      atMinEffect: play({ ...one, minEffect, loss: minEffect }, 3 * index + 2),
      larger: play({ ...one, minEffect, loss: largerLoss }, 3 * index + 3),
    };
  });
  say('late regression');
  const hundred = traces.find(({ name }) => name === 'constant, 100 rps');
  const late =
    hundred === undefined
      ? []
      : play({ trace: hundred, runs: runs.traces, ...question, minEffect, loss: largerLoss, from: windows / 2 + 1 }, 100);
  say('race');
  const raced = lanes.map((lane, index) => race(lane, runs.race, 200 + index));
  say('passing');
  const passing = passCases.map((one, index) => ({ ...one, requests: requestsToPass(one, Math.ceil(runs.race / 10), 400 + index) }));
  say('latency');
  const latency = latencyCases.map((one, index) => ({ case: one, ...playLatency(one, runs.latency, 300 + index) }));
  return { runs, traces: perTrace, late, race: raced, passing, latency };
}

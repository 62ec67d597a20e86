import { fail, ok, type Result } from '../../lib/result.ts';
import { failure, type JsonAnswer } from './answer.ts';
import type { Struck } from './faults.ts';
import { quoted } from './go-text.ts';
import { type Params, parseStep, parseTime } from './params.ts';
import type { Engine } from './promql/engine.ts';
import type { TimeSeriesStore } from './store.ts';

/** What an answer is made of. */
export interface World {
  readonly store: TimeSeriesStore;
  readonly engine: Engine;
  readonly nowMs: number;
}

export interface Asked {
  readonly params: Params;
  readonly drawn: Struck;
  /** Of `/label/NAME/values`. */
  readonly label: string;
}

export type Route = (world: World, asked: Asked) => JsonAnswer;

export const badParam = (name: string, message: string): JsonAnswer => failure('bad_data', `invalid parameter ${quoted(name)}: ${message}`);

export function timeParam(params: Params, name: string, otherwiseMs: number): Result<number, JsonAnswer> {
  const text = params.one(name);
  if (text === '') return ok(otherwiseMs);
  const ms = parseTime(text);
  return ms.ok ? ms : fail(badParam(name, `Invalid time value for '${name}': ${ms.failure}`));
}

/** A question whose time is over before it begins. */
export function timeoutProblem(params: Params): JsonAnswer | undefined {
  const text = params.one('timeout');
  if (text === '') return undefined;
  const ms = parseStep(text);
  if (!ms.ok) return badParam('timeout', ms.failure);
  return ms.value <= 0 ? failure('timeout', 'query timed out in query queue') : undefined;
}

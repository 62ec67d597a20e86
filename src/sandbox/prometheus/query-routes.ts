import { failure, instantData, type JsonAnswer, matrixData, type Notes, success } from './answer.ts';
import { type Asked, badParam, timeoutProblem, timeParam, type World } from './asked.ts';
import { distorted, retyped, type Struck } from './faults.ts';
import { parseStep, parseTime } from './params.ts';
import type { QueryFailure } from './promql/engine.ts';

const refused = ({ kind, message }: QueryFailure): JsonAnswer => failure(kind, message);

const notesOf = (drawn: Struck): Notes => {
  const { warnings, infos } = drawn.find('notes') ?? {};
  return { ...(warnings === undefined ? {} : { warnings }), ...(infos === undefined ? {} : { infos }) };
};

export function instantQuery({ engine, nowMs }: World, { params, drawn }: Asked): JsonAnswer {
  const asked = timeParam(params, 'time', nowMs);
  if (!asked.ok) return asked.failure;
  const problem = timeoutProblem(params);
  if (problem?.status === 400) return problem;
  const atMs = asked.value - (drawn.find('old')?.ageMs ?? 0);
  const value = engine.instant(params.one('query'), atMs);
  if (!value.ok) {
    if (value.failure.kind === 'bad_data') return badParam('query', value.failure.message);
    return problem ?? refused(value.failure);
  }
  if (problem !== undefined) return problem;
  const told = distorted(value.value, drawn);
  const other = drawn.find('type');
  return success(other === undefined ? instantData(told, atMs) : retyped(told, other.type, atMs), notesOf(drawn));
}

const mostPoints = 11_000;

export function rangeQuery({ engine }: World, { params, drawn }: Asked): JsonAnswer {
  const start = parseTime(params.one('start'));
  if (!start.ok) return badParam('start', start.failure);
  const end = parseTime(params.one('end'));
  if (!end.ok) return badParam('end', end.failure);
  if (end.value < start.value) return badParam('end', 'end timestamp must not be before start time');
  const step = parseStep(params.one('step'));
  if (!step.ok) return badParam('step', step.failure);
  if (step.value <= 0) {
    return badParam('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  }
  if (Math.trunc((end.value - start.value) / step.value) > mostPoints) {
    const most = 'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)';
    return failure('bad_data', most);
  }
  const problem = timeoutProblem(params);
  if (problem?.status === 400) return problem;
  const ageMs = drawn.find('old')?.ageMs ?? 0;
  // The real one counts in milliseconds, and divides by them.
  if (step.value < 1) return failure('execution', 'unexpected error: runtime error: integer divide by zero');
  const steps = { startMs: start.value - ageMs, endMs: end.value - ageMs, stepMs: Math.trunc(step.value) };
  const found = engine.range(params.one('query'), steps);
  if (!found.ok) return found.failure.kind === 'bad_data' ? refused(found.failure) : (problem ?? refused(found.failure));
  if (problem !== undefined) return problem;
  const told = distorted({ type: 'matrix', series: found.value }, drawn);
  return success(matrixData(told.type === 'matrix' ? told.series : []), notesOf(drawn));
}

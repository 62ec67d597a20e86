import { fail, ok, type Result } from '../../lib/result.ts';
import { failure, type JsonAnswer, labelsData, success } from './answer.ts';
import { type Asked, badParam, timeParam, type World } from './asked.ts';
import { quoted } from './go-text.ts';
import { compareLabels, type Labels, labelsKey } from './labels.ts';
import type { Params } from './params.ts';
import { readMatchers } from './promql/engine.ts';
import type { Series } from './store.ts';

interface Selected {
  readonly all: readonly Series[];
  readonly startMs: number;
  readonly endMs: number;
}

/** The series that any `match[]` selects, all of them without one, and the stretch of time that is asked about. */
function selected({ store }: World, params: Params, describe: (message: string) => JsonAnswer): Result<Selected, JsonAnswer> {
  const start = timeParam(params, 'start', Number.NEGATIVE_INFINITY);
  if (!start.ok) return start;
  const end = timeParam(params, 'end', Number.POSITIVE_INFINITY);
  if (!end.ok) return end;
  const sets = [];
  for (const text of params.all('match[]')) {
    const matchers = readMatchers(text);
    if (!matchers.ok) return fail(describe(matchers.failure.message));
    if (matchers.value.every((matcher) => matcher.matches('')))
      return fail(describe('match[] must contain at least one non-empty matcher'));
    sets.push(matchers.value);
  }
  const candidates = sets.length === 0 ? [...store.all()] : sets.flatMap((matchers) => store.select(matchers));
  const all = [...new Map(candidates.map((each) => [labelsKey(each.labels), each])).values()];
  return ok({ all, startMs: start.value, endMs: end.value });
}

/** Between its first sample and its last. */
function overlaps({ timesMs, staleAtMs }: Series, { startMs, endMs }: Selected): boolean {
  const first = Math.min(timesMs[0] ?? Number.POSITIVE_INFINITY, staleAtMs[0] ?? Number.POSITIVE_INFINITY);
  const last = Math.max(timesMs.at(-1) ?? Number.NEGATIVE_INFINITY, staleAtMs.at(-1) ?? Number.NEGATIVE_INFINITY);
  return first <= endMs && last >= startMs;
}

/** Names and values are looked up in the whole head, as soon as any of it lies in that time. */
const labelled = ({ store }: World, found: Selected): readonly Series[] =>
  [...store.all()].some((each) => overlaps(each, found)) ? found.all : [];

export function series(world: World, { params }: Asked): JsonAnswer {
  if (params.all('match[]').length === 0) return failure('bad_data', 'no match[] parameter provided');
  const found = selected(world, params, (message) => badParam('match[]', message));
  if (!found.ok) return found.failure;
  const { all } = found.value;
  const labels: Labels[] = all.filter((each) => overlaps(each, found.value)).map((each) => each.labels);
  return success(labels.sort(compareLabels).map(labelsData));
}

export function labelNames(world: World, { params }: Asked): JsonAnswer {
  const found = selected(world, params, (message) => failure('bad_data', message));
  return found.ok ? success(sortedSet(labelled(world, found.value).flatMap(({ labels }) => [...labels.keys()]))) : found.failure;
}

export function labelValues(world: World, { params, label }: Asked): JsonAnswer {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) return failure('bad_data', `invalid label name: ${quoted(label)}`);
  const found = selected(world, params, (message) => failure('bad_data', message));
  return found.ok ? success(sortedSet(labelled(world, found.value).flatMap(({ labels }) => labels.get(label) ?? []))) : found.failure;
}

const sortedSet = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

export function buildInfo(): JsonAnswer {
  return success({ version: '2.42.0', revision: 'sandbox', branch: '', buildUser: '', buildDate: '', goVersion: '' });
}

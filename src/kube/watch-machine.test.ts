import fc from 'fast-check';
import { expect, test } from 'vitest';
import { localFailure } from './failure.ts';
import type { KubeObject } from './object.ts';
import { type Input, initialWatchState, type Step, step, type Told } from './watch-machine.ts';

const moment = { nowMs: 0, chance: 0.5 };
const anObject = (version: number): KubeObject => ({ metadata: { name: 'a', uid: 'u', resourceVersion: String(version) } });

/** Feeds inputs one after the other. */
function run(
  ...inputs: readonly (Input extends infer One ? (One extends Input ? Omit<One, 'nowMs' | 'chance'> & { nowMs?: number } : never) : never)[]
): Step {
  let last: Step = { state: initialWatchState, told: [] };
  for (const input of inputs) last = step(last.state, { ...moment, ...input } as Input);
  return last;
}

const listedAt = (version: string) =>
  [{ type: 'begin' }, { type: 'event', event: { type: 'bookmark', resourceVersion: version, endsInitialEvents: true } }] as const;

test('back-off doubles from 0.8 s to 30 s, and only news or ten healthy seconds end it', () => {
  let state = initialWatchState;
  const delays: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    state = step(state, { ...moment, chance: 1, type: 'begin' }).state;
    const failed = step(state, { ...moment, chance: 1, type: 'failed', failure: localFailure('network', 'down') });
    state = failed.state;
    delays.push(failed.request?.type === 'wait' ? failed.request.delayMs : -1);
  }
  expect(delays).toEqual([800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  for (const input of listedAt('5')) state = step(state, { ...moment, ...input }).state;
  expect(state.failures).toBe(8);
  expect(step(state, { ...moment, type: 'event', event: { type: 'applied', object: anObject(6) } }).state.failures).toBe(0);
  const later = step(state, { chance: 1, nowMs: 10_000, type: 'failed', failure: localFailure('network', 'down') });
  expect(later.request).toEqual({ type: 'wait', delayMs: 800, atLeastMs: 0 });
});

test('a failed watch keeps its place, an expired one does not', () => {
  expect(run(...listedAt('5'), { type: 'failed', failure: localFailure('network', 'x') }).state.phase).toEqual({
    kind: 'listed',
    resourceVersion: '5',
  });
  expect(run(...listedAt('5'), { type: 'failed', failure: localFailure('gone', 'x') }).state.phase).toEqual({ kind: 'empty' });
});

test('a 410 waits before it lists anew, so that a flapping server is not flooded', () => {
  expect(run(...listedAt('5'), { type: 'failed', failure: localFailure('gone', 'x') }).request?.type).toBe('wait');
});

test('initial events older than what was seen are refused, and asked for again', () => {
  const stale = run(...listedAt('20'), { type: 'failed', failure: localFailure('gone', 'x') }, ...listedAt('19'));
  expect(stale.told.map((told) => told.type)).toEqual(['failing']);
  expect(stale.state.phase.kind).toBe('empty');
});

test('two lists that end unfinished lead to pages', () => {
  const half = run(
    { type: 'begin' },
    { type: 'closed', wasSilent: false },
    { type: 'begin' },
    { type: 'closed', wasSilent: true },
    { type: 'begin' },
  );
  expect(half.request).toEqual({ type: 'list', limit: 500 });
});

test('whatever happens: a list is never accepted that is older than what was seen, and every end leads on', () => {
  const version = fc.integer({ min: 1, max: 30 }).map(String);
  const input = fc.oneof(
    fc.constant({ type: 'begin' as const }),
    fc.constant({ type: 'opened' as const }),
    fc.record({ type: fc.constant('closed' as const), wasSilent: fc.boolean() }),
    fc.record({
      type: fc.constant('failed' as const),
      failure: fc
        .constantFrom('gone', 'notFound', 'network', 'badRequest', 'forbidden', 'unavailable')
        .map((kind) => localFailure(kind as 'gone', 'x')),
    }),
    fc.record({ type: fc.constant('page' as const), page: fc.record({ items: fc.constant([]), resourceVersion: version }) }),
    fc.record({
      type: fc.constant('event' as const),
      event: fc.oneof(
        fc.record({ type: fc.constant('bookmark' as const), resourceVersion: version, endsInitialEvents: fc.boolean() }),
        fc.record({ type: fc.constantFrom('applied' as const, 'deleted' as const), object: version.map((text) => anObject(Number(text))) }),
      ),
    }),
  );
  fc.assert(
    fc.property(fc.array(input, { maxLength: 80 }), (inputs) => {
      let state = initialWatchState;
      let newest = 0;
      for (const [index, one] of inputs.entries()) {
        const next = step(state, { ...one, nowMs: index * 700, chance: 0.5 } as Input);
        for (const told of next.told as readonly Told[]) {
          if (told.type === 'listedAll') expect(Number(told.resourceVersion)).toBeGreaterThanOrEqual(newest);
          if (told.type === 'listedAll' || told.type === 'progress') newest = Math.max(newest, Number(told.resourceVersion));
        }
        if (one.type === 'closed' || one.type === 'failed' || one.type === 'begin') expect(next.request).toBeDefined();
        if (next.request?.type === 'wait') expect(next.request.delayMs).toBeLessThanOrEqual(31_000);
        state = next.state;
      }
    }),
    { numRuns: 1_000 },
  );
});

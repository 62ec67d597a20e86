import { describe, expect, test } from 'vitest';
import { surplusRuns } from './housekeeping.ts';
import type { RunRecord } from './run-records.ts';

const run = (rollout: string | undefined, index: number, isFinished = true, attempt = index): RunRecord => {
  const name = `${rollout ?? 'hand'}-${index}`;
  const completedAt = isFinished ? { completedAt: new Date(Date.UTC(2026, 0, 1, index)).toISOString() } : {};
  const value = {
    namespace: 'shop',
    name,
    uid: name,
    resourceVersion: '1',
    generation: 1,
    isDeleting: false,
    spec: {
      metrics: [],
      args: [],
      terminate: false,
      ...(rollout === undefined
        ? {}
        : {
            rollout: { name: rollout, uid: rollout, kind: 'Step' as const, revision: '7c9d2f41aa', attempt, stableRevision: '6d5f0c9b1e' },
          }),
    },
    status: { phase: 'Successful' as const, metricResults: [], ...completedAt },
  };
  return {
    namespace: 'shop',
    name,
    uid: name,
    resourceVersion: '1',
    decoded: { ok: true, value },
    rolloutName: rollout,
    rolloutUid: rollout,
  };
};
const runs = (rollout: string | undefined, count: number, isFinished = true) =>
  Array.from({ length: count }, (_, index) => run(rollout, index, isFinished));

describe('surplus runs', () => {
  test('the newest ten of each Rollout stay', () => {
    const surplus = surplusRuns([...runs('web', 12), ...runs('api', 10)]);
    expect(surplus.map(({ name }) => name)).toEqual(['web-1', 'web-0']);
  });

  test('those of the newest attempt stay as well, however many they are: its release may still need the evidence', () => {
    const before = Array.from({ length: 4 }, (_, index) => run('web', index, true, 1));
    const newest = Array.from({ length: 14 }, (_, index) => run('web', 4 + index, true, 2));
    expect(surplusRuns([...before, ...newest]).map(({ name }) => name)).toEqual(['web-3', 'web-2', 'web-1', 'web-0']);
  });

  test('runs made by hand, and runs under way, are nobody’s to remove', () => {
    expect(surplusRuns([...runs(undefined, 30), ...runs('web', 30, false)])).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { surplusRuns } from './housekeeping.ts';
import type { RunRecord } from './run-records.ts';

const run = (rollout: string | undefined, index: number, isFinished = true): RunRecord => {
  const name = `${rollout ?? 'hand'}-${index}`;
  const completedAt = isFinished ? { completedAt: new Date(Date.UTC(2026, 0, 1, index)).toISOString() } : {};
  const value = {
    namespace: 'shop',
    name,
    uid: name,
    resourceVersion: '1',
    generation: 1,
    isDeleting: false,
    spec: { metrics: [], args: [], terminate: false },
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

  test('runs made by hand, and runs under way, are nobody’s to remove', () => {
    expect(surplusRuns([...runs(undefined, 30), ...runs('web', 30, false)])).toEqual([]);
  });
});

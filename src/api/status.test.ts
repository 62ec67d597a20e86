import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDecisionStatus, readRolloutStatus, readRunStatus } from './status.ts';

const at = '2026-01-01T00:00:00.000Z';
const full = {
  observedGeneration: 3,
  phase: 'Progressing',
  stableRevision: 'aaaaaaaaaa',
  canaryRevision: 'bbbbbbbbbb',
  attempt: 2,
  epoch: 4,
  weight: { desired: 10, written: 10, observed: 9.7, confirmedBy: 'Metrics', confirmedAt: at },
  conditions: [{ type: 'Ready', status: 'False', reason: 'Progressing', message: 'm', lastTransitionTime: at }],
};

describe('the stored status of a Rollout', () => {
  it('is read whole where it is whole', () => {
    expect(readRolloutStatus(full)).toEqual({ value: full, errors: [] });
  });

  it('is that of a Rollout never seen where there is none', () => {
    expect(readRolloutStatus(undefined)).toEqual({ value: { observedGeneration: -1, conditions: [] }, errors: [] });
  });

  it('loses the part that cannot be read, and no other', () => {
    const { value, errors } = readRolloutStatus({ ...full, attempt: 'two', conditions: [...full.conditions, { type: 5 }] });
    const { attempt: _, ...rest } = full;
    expect(errors).toEqual([]);
    expect(value).toEqual(rest);
  });

  it('never confirms a weight that it cannot read whole', () => {
    expect(readRolloutStatus({ ...full, weight: { ...full.weight, confirmedBy: 'Hope' } }).value.weight).toEqual({
      desired: 10,
      written: 10,
    });
  });

  it.each(['stableRevision', 'phase'])('does not begin anew where %s cannot be read', (key) => {
    expect(readRolloutStatus({ ...full, [key]: 5 }).errors.map(({ path }) => path)).toEqual([`status.${key}`]);
  });

  it('keeps an abort an abort', () => {
    fc.assert(
      fc.property(
        fc.jsonValue().filter((value) => value !== null),
        (abort) => readRolloutStatus({ ...full, abort }).value.abort !== undefined,
      ),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(full)),
        fc.jsonValue(),
        (key, value) => readRolloutStatus({ ...full, [key]: value }).value.conditions.length >= 0,
      ),
    );
  });
});

describe('the stored status of an AnalysisRun', () => {
  it('is an Error where its counts cannot be read, so that no failure is forgotten', () => {
    expect(readRunStatus({ phase: 'Running', metricResults: [{ name: 'm', failed: 'one' }] })).toMatchObject({ phase: 'Error' });
    expect(readRunStatus({ phase: 'Failed', metricResults: 7 })).toMatchObject({ phase: 'Failed' });
    expect(readRunStatus({ phase: 'Won' })).toMatchObject({ phase: 'Error' });
  });

  it('loses a message and goes on', () => {
    expect(readRunStatus({ phase: 'Running', message: 5 })).toEqual({ phase: 'Running', metricResults: [] });
  });
});

describe('the stored status of a Decision', () => {
  it('stays an answer where the answer cannot be read', () => {
    expect(readDecisionStatus({ state: 'Maybe' }).state).toBe('Rejected');
    expect(readDecisionStatus({ state: 'Accepted', message: 5 }).state).toBe('Accepted');
    expect(readDecisionStatus(undefined)).toEqual({});
  });
});

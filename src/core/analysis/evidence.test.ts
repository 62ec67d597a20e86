import { describe, expect, test } from 'vitest';
import { evidenceOf, runView } from './evidence.ts';

import { aRun, aSubject, bad, broken, drive, good, inOrder, seconds, silent, t0 } from './testing/builders.ts';

const windowed = { provider: { prometheus: { query: 'rate(a[{{args.window}}])' } } } as const;

describe('evidence', () => {
  test('is the window start of the latest Pass of every metric that is not a dry run', () => {
    const metrics = [
      { ...windowed, name: 'a', failureLimit: 9 },
      { ...windowed, name: 'b' },
      { ...windowed, name: 'dry', dryRun: true },
    ];
    const { run } = drive(aRun({ metrics, rollout: {} }), (name, index) => (name === 'a' ? (index === 2 ? bad : good) : silent), {
      subject: () => aSubject(),
      forMs: seconds(75),
    });
    expect(evidenceOf(run, t0 + seconds(75))).toEqual([
      { metric: 'a', passedWindowStartedAtMs: t0, isExempt: false },
      { metric: 'b', passedWindowStartedAtMs: undefined, isExempt: false },
    ]);
  });
  test('is not asked of a metric in its initialDelay, nor of one that is done', () => {
    const metrics = [
      { ...windowed, name: 'late', initialDelay: '2m' },
      { ...windowed, name: 'done', count: 1 },
    ];
    const { run } = drive(aRun({ metrics, rollout: {} }), inOrder(good), { subject: () => aSubject(), forMs: seconds(75) });
    expect(evidenceOf(run, t0 + seconds(75)).map(({ isExempt }) => isExempt)).toEqual([true, true]);
    expect(evidenceOf(run, t0 + seconds(121)).map(({ isExempt }) => isExempt)).toEqual([false, true]);
    expect(evidenceOf(aRun({ metrics, rollout: {} }), t0).map(({ isExempt }) => isExempt)).toEqual([true, false]);
  });
  test('an Error, NoData or Fail is none', () => {
    const { run } = drive(aRun({ metrics: [{ ...windowed, failureLimit: 9 }], rollout: {} }), inOrder(bad, silent, broken, bad), {
      subject: () => aSubject(),
      forMs: seconds(200),
    });
    expect(evidenceOf(run, t0)[0]?.passedWindowStartedAtMs).toBeUndefined();
  });
  test('goes into the Rollout’s view of the run', () => {
    expect(runView(aRun({ rollout: { kind: 'Step', step: 3 } }), t0)).toMatchObject({
      name: 'web-7c9d2f41aa-1-bg',
      kind: 'Step',
      step: 3,
      revision: '7c9d2f41aa',
      attempt: 1,
      phase: 'Pending',
      message: '',
      isTerminating: false,
    });
    expect(runView(aRun(), t0)).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { brokenRunView, evidenceOf, runView } from './evidence.ts';
import type { Answer } from './question.ts';
import type { BrokenRun } from './run.ts';
import { planRun } from './run-planner.ts';
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
    expect(evidenceOf(run, t0 + seconds(75))).toMatchObject([
      { metric: 'a', passedWindowStartedAtMs: t0, isExempt: false },
      { metric: 'b', passedWindowStartedAtMs: undefined, isExempt: false },
    ]);
  });
  test('says how long the first window takes, and that of a literal range, until the metric has ended', () => {
    const metrics = [
      { ...windowed, name: 'short' },
      { name: 'long', provider: { prometheus: { query: 'rate(a{namespace="{{args.namespace}}"}[5m])' } } },
      { ...windowed, name: 'late', initialDelay: '2m' },
      { ...windowed, name: 'done', count: 1 },
    ];
    const asks = (run: Parameters<typeof evidenceOf>[0]) => evidenceOf(run, t0).map(({ firstAsk }) => firstAsk);
    const fresh = aRun({ metrics, rollout: {} });
    expect(asks(fresh)).toEqual([{ windowMs: 10_000 }, { windowMs: 300_000 }, undefined, { windowMs: 10_000 }]);
    const { run } = drive(fresh, inOrder(good), { subject: () => aSubject(), forMs: seconds(75) });
    const late = { windowMs: 10_000, notBeforeMs: t0 + seconds(120) };
    expect(asks(run)).toEqual([{ windowMs: 10_000 }, { windowMs: 300_000 }, late, undefined]);
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
  test.each<[string, Answer, string | undefined]>([
    ['a Pass', good, undefined],
    ['too few requests', { kind: 'value', value: 1, requests: 12 }, 'fewer than 20 requests in its window'],
    ['silence', silent, 'no data in its window'],
    ['a Fail that is borne', bad, 'its latest measurement failed, within failureLimit'],
    ['an Error', broken, 'it could not be measured'],
  ])('says what is lacking, without the numbers of the day: %s', (_, answer, why) => {
    const metrics = [{ provider: { prometheus: { query: 'a', countQuery: 'b' } }, minRequests: 20, failureLimit: 9 }];
    const { run } = drive(aRun({ metrics, rollout: {} }), inOrder(answer), { subject: () => aSubject(), forMs: seconds(75) });
    const [evidence] = evidenceOf(run, t0 + seconds(75));
    expect(evidence?.lacking?.why).toBe(why);
    expect(evidence?.lacking === undefined || evidence.lacking.atMs > t0).toBe(true);
  });
  test('is asked of a metric that somebody ended by hand before it was through', () => {
    const { run } = drive(aRun({ metrics: [windowed], rollout: {} }), inOrder(good), { subject: () => aSubject(), forMs: seconds(75) });
    const stopped = { ...run, spec: { ...run.spec, terminate: true } };
    const { status } = planRun({ nowMs: t0 + seconds(80), run: stopped, samples: [], inFlight: [], subject: aSubject() });
    expect(status?.phase).toBe('Successful');
    expect(evidenceOf({ ...stopped, status: status ?? run.status }, t0 + seconds(90))[0]?.isExempt).toBe(false);
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

describe('a run that does not decode', () => {
  const rollout = { name: 'web', kind: 'Background', revision: '7c9d2f41aa', attempt: 1 } as const;
  const run: BrokenRun = {
    ...{ namespace: 'shop', name: 'web-7c9d2f41aa-1-bg', uid: 'u1', resourceVersion: '1', isDeleting: false },
    problem: 'does not decode: spec.metrics: is required (array)',
    rollout,
    status: { phase: 'Running', metricResults: [] },
  };
  const ended = (phase: 'Successful' | 'Failed' | 'Inconclusive') =>
    brokenRunView({ ...run, status: { phase, message: 'as it was', completedAt: '2026-03-01T12:00:00.000Z', metricResults: [] } });
  test('is an Error to its Rollout, and nothing of it is evidence', () =>
    expect(brokenRunView(run)).toMatchObject({
      ...{ kind: 'Background', revision: '7c9d2f41aa', attempt: 1 },
      phase: 'Error',
      message: run.problem,
      evidence: [],
    }));
  test('is one even where it had succeeded: what it saw cannot be read any more', () => expect(ended('Successful')?.phase).toBe('Error'));
  test('stays Failed where it had failed', () => expect(ended('Failed')).toMatchObject({ phase: 'Failed', message: 'as it was' }));
  test('made by hand is no Rollout’s', () => expect(brokenRunView({ ...run, rollout: undefined })).toBeUndefined());
});

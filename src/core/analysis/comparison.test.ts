import { describe, expect, test } from 'vitest';
import { evidenceOf } from './evidence.ts';
import type { Answer } from './question.ts';
import { planRun } from './run-planner.ts';
import { aRun, aSubject, broken, drive, inOrder, seconds, silent, t0, type WireMetric } from './testing/builders.ts';

const compare = { alpha: 0.01, minEffect: 0.01 };
const compared = { thresholdRange: undefined, compare, interval: '30s', provider: { prometheus: { builtin: 'successRate' } } } as const;
const rates = (canary: number, stable: number, requests = 2_000): Answer => ({
  kind: 'rates',
  canary: { successes: canary * requests, total: requests },
  stable: { successes: stable * requests, total: requests },
});
const alike = rates(0.999, 0.999);
const subject = () => aSubject();
const firstPlan = (metric: Partial<WireMetric>) =>
  planRun({ nowMs: t0 + seconds(60), run: aRun({ metrics: [metric], rollout: {} }), samples: [], inFlight: [], subject: aSubject() });

describe('a metric that compares', () => {
  test('asks one question about both sides, each by its own workload and Service', () => {
    const query = 'sum(increase(ok{deployment="{{args.workload}}",service="{{args.service}}",root="{{args.rollout}}"}[{{args.window}}]))';
    const metric = { ...compared, provider: { prometheus: { query, countQuery: query.replace('ok', 'all') } } };
    const { asked, run } = drive(aRun({ metrics: [metric], rollout: {} }), () => undefined, { subject, forMs: seconds(60) });
    expect(asked).toHaveLength(1);
    const planned = firstPlan(metric);
    expect(planned.questions[0]?.question.provider).toMatchObject({
      kind: 'comparison',
      canary: { query: expect.stringContaining('deployment="web-7c9d2f41aa",service="web-7c9d2f41aa",root="web"') },
      stable: { countQuery: expect.stringContaining('all{deployment="web-6d5f0c9b1e",service="web-6d5f0c9b1e",root="web"') },
    });
    expect(run.status.phase).toBe('Running');
  });

  test('of the split names the root Service on both sides', () => {
    const metric = { ...compared, provider: { trafficMetrics: { value: 'successRate', resource: 'trafficsplits' } } } as const;
    const planned = firstPlan(metric);
    expect(planned.questions[0]?.question.provider).toMatchObject({
      canary: { subject: { service: 'web-7c9d2f41aa', rootService: 'web', split: 'web' } },
      stable: { subject: { service: 'web-6d5f0c9b1e', rootService: 'web', split: 'web' } },
    });
  });

  test('fails once the canary is worse by more than minEffect, whatever failureLimit tolerates, and says by how much', () => {
    const { first, status } = drive(aRun({ metrics: [{ ...compared, failureLimit: 5 }], rollout: {} }), inOrder(alike, rates(0.9, 0.999)), {
      subject,
    });
    expect(first).toMatchObject({ phase: 'Failed', failed: 1, comparison: { verdict: 'worse' } });
    expect(first.message).toMatch(/^worse: the success rate is lower by more than /);
    expect(status).toMatchObject({ phase: 'Failed' });
    expect(first.deciding?.message).toBe(first.message);
  });

  test('better never fails', () => {
    const { first } = drive(aRun({ metrics: [{ ...compared, count: 20 }], rollout: {} }), inOrder(rates(0.999, 0.9)), { subject });
    expect(first).toMatchObject({ phase: 'Successful', failed: 0 });
  });

  test('what is not known yet is NoData: no Pass, no count, and its policy applies', () => {
    const few = rates(0.9, 0.9, 20);
    const { first, run } = drive(aRun({ metrics: [compared], rollout: {} }), inOrder(few), { subject, forMs: seconds(290) });
    expect(first).toMatchObject({ phase: 'Running', count: 0, successful: 0, comparison: { verdict: 'unknown' } });
    expect(first.measurements.at(-1)).toMatchObject({ result: 'NoData', message: expect.stringMatching(/^not yet known: /) });
    expect(evidenceOf(run, t0 + seconds(290))[0]).toMatchObject({ passedWindowStartedAtMs: undefined });
    const ended = drive(aRun({ metrics: [compared], rollout: {} }), inOrder(few), { subject });
    expect(ended.first).toMatchObject({ phase: 'Inconclusive', message: 'no data for 5m' });
  });

  test('is Successful when so many windows are in and the bound excludes the loss', () => {
    const { first, asked } = drive(aRun({ metrics: [{ ...compared, count: 3 }], rollout: {} }), inOrder(rates(0.999, 0.999, 50_000)), {
      subject,
    });
    expect(first).toMatchObject({ phase: 'Successful', comparison: { windows: 3, verdict: 'notWorse' } });
    expect(asked).toHaveLength(3);
    expect(first.message).toMatch(/^count 3 reached: not worse: /);
  });

  test('no request counts twice: each window begins where the one before it ended', () => {
    const { asked } = drive(
      aRun({ metrics: [compared], args: [{ name: 'window', value: '1m' }], rollout: {} }),
      inOrder(rates(0.9, 0.9, 20)),
      {
        subject,
        forMs: seconds(200),
        latencyMs: 2_000,
      },
    );
    expect(asked.length).toBeGreaterThan(4);
    for (const [index, { windowStartedAtMs }] of asked.entries()) {
      const before = asked[index - 1];
      if (before !== undefined) expect(windowStartedAtMs).toBeGreaterThanOrEqual(t0 + before.atMs + 2_000);
    }
  });

  test('a literal range is waited for, and a run made by hand counts nothing twice either', () => {
    const query = 'sum(increase(a{d="{{args.workload}}"}[2m]))';
    const metric = { ...compared, provider: { prometheus: { query, countQuery: query } } };
    const args = ['canaryWorkload', 'stableWorkload'].map((name) => ({ name, value: name }));
    const { asked } = drive(aRun({ metrics: [metric], args }), inOrder(rates(0.9, 0.9, 20)), { forMs: seconds(280) });
    expect(asked.map(({ atMs }) => Math.round(atMs / 1_000))).toEqual([0, 120, 240]);
  });

  test('minRequests is of both sides, and a window without them is not added', () => {
    const metric = { ...compared, minRequests: 100 };
    const lopsided: Answer = { kind: 'rates', canary: { successes: 500, total: 500 }, stable: { successes: 50, total: 50 } };
    const { first } = drive(aRun({ metrics: [metric], rollout: {} }), inOrder(lopsided), { subject, forMs: seconds(100) });
    expect(first.comparison).toBeUndefined();
    expect(first.measurements[0]).toMatchObject({ result: 'NoData', message: 'stable: 50 requests < minRequests 100' });
  });

  test.each<[string, Answer, object]>([
    ['silence', silent, { noData: 1 }],
    ['an Error', broken, { error: 1 }],
    ['no requests on one side', { kind: 'rates', canary: { successes: 0, total: 0 }, stable: { successes: 1, total: 1 } }, { noData: 1 }],
    ['more successes than requests', rates(1.2, 1), { invalid: 1, phase: 'Error' }],
    ['a number alone', { kind: 'value', value: 1 }, { invalid: 1, phase: 'Error' }],
  ])('%s is no evidence', (_, answer, expected) => {
    const { first } = drive(aRun({ metrics: [compared], rollout: {} }), inOrder(answer), { subject, forMs: seconds(15) });
    expect(first).toMatchObject({ successful: 0, failed: 0, ...expected });
    expect(first.comparison).toBeUndefined();
  });

  test('goes on after a restart: the same verdict at the same time as without one', () => {
    const script = inOrder(rates(0.95, 0.999, 400));
    const whole = drive(aRun({ metrics: [compared], rollout: {} }), script, { subject });
    const half = drive(aRun({ metrics: [compared], rollout: {} }), script, { subject, forMs: seconds(45) });
    const stored = { ...half.run, status: JSON.parse(JSON.stringify(half.run.status)) };
    let run = stored;
    const left = (whole.first.comparison?.windows ?? 0) - (half.first.comparison?.windows ?? 0);
    for (let window = 1; window <= left; window++) {
      const atMs = t0 + seconds(60 + 30 * window);
      const sample = {
        run: 'r',
        runUid: 'run-1',
        metric: 'm',
        windowStartedAtMs: atMs - 30_000,
        startedAtMs: atMs,
        finishedAtMs: atMs + 100,
        answer: rates(0.95, 0.999, 400),
      };
      run = {
        ...run,
        status: planRun({ nowMs: atMs + 100, run, samples: [sample], inFlight: [], subject: aSubject() }).status ?? run.status,
      };
    }
    expect(run.status.metricResults[0]?.comparison).toMatchObject({ state: whole.first.comparison?.state, verdict: 'worse' });
  });

  test('when the Rollout is done with it, it is Successful only where the bound excludes the loss now', () => {
    const over = (nowMs: number) => aSubject({ isOver: nowMs >= t0 + seconds(100) });
    const known = drive(aRun({ metrics: [compared], rollout: {} }), inOrder(rates(0.999, 0.999, 50_000)), { subject: over });
    expect(known.first.phase).toBe('Successful');
    const unknown = drive(aRun({ metrics: [compared], rollout: {} }), inOrder(rates(0.9, 0.9, 20)), { subject: over });
    expect(unknown.first.phase).toBe('Inconclusive');
  });

  test('of latencies: a slower quantile fails, changed buckets end it', () => {
    const metric = { ...compared, compare: { alpha: 0.01, minEffect: 100 }, provider: { prometheus: { builtin: 'p99' } } } as const;
    const bounds = [100, 250, 500, 1_000];
    const fast = { cumulative: [5_000, 5_000, 5_000, 5_000], total: 5_000 };
    const slow = { cumulative: [4_000, 4_000, 4_500, 5_000], total: 5_000 };
    const answer = (canary: typeof fast): Answer => ({ kind: 'latencies', bounds, canary, stable: fast });
    const failed = drive(aRun({ metrics: [metric], rollout: {} }), inOrder(answer(fast), answer(slow)), { subject });
    expect(failed.first).toMatchObject({ phase: 'Failed', message: expect.stringMatching(/p99 is higher by more than 400 /) });
    const changed = drive(
      aRun({ metrics: [metric], rollout: {} }),
      inOrder(answer(fast), { ...answer(fast), bounds: [1, 2, 3, 4] } as Answer),
      { subject },
    );
    expect(changed.first).toMatchObject({ phase: 'Error', message: expect.stringContaining('buckets of the histogram have changed') });
  });

  test('the state is small, however long it goes on', () => {
    const { first } = drive(aRun({ metrics: [compared], rollout: {} }), inOrder(rates(0.95, 0.951, 100)), {
      subject: () => aSubject(),
      forMs: seconds(40_000),
    });
    expect(first.comparison?.state.length ?? 0).toBeLessThan(16_384);
  });
});

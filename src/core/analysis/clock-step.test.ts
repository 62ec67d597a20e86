import { describe, expect, test } from 'vitest';
import { evidenceOf } from './evidence.ts';
import { planRun } from './run-planner.ts';
import { aRun, aSample, aSubject, bad, drive, good, inOrder, seconds, silent, t0 } from './testing/builders.ts';

/** Two minutes of Passes; then the clock is set back by ten minutes. */
const backMs = seconds(600);
const nowMs = t0 + seconds(121) - backMs;
const windowed = { provider: { prometheus: { query: 'rate(a[{{args.window}}])' } } } as const;
const passing = () =>
  drive(aRun({ metrics: [windowed], rollout: {} }), inOrder(good), { subject: () => aSubject(), forMs: seconds(120) }).run;
/** A weight that was confirmed long enough ago by the clock as it is now. */
const since = (ms: number) => aSubject({ windowsSinceMs: nowMs - ms });

describe('after the clock was set back', () => {
  test('a metric is asked at once, not when the clock has caught up, and fails at the first bad answer', () => {
    const run = passing();
    const { questions } = planRun({ nowMs, run, samples: [], inFlight: [], subject: since(seconds(60)) });
    expect(questions).toHaveLength(1);
    const sample = aSample(nowMs, bad);
    const { status } = planRun({ nowMs: nowMs + 200, run, samples: [sample], inFlight: [], subject: since(seconds(60)) });
    expect(status?.phase).toBe('Failed');
  });
  test('it is asked at its interval from then on', () => {
    const run = passing();
    const first = planRun({ nowMs: nowMs + 200, run, samples: [aSample(nowMs, good)], inFlight: [], subject: since(seconds(60)) });
    const next = { ...run, status: first.status ?? run.status };
    expect(planRun({ nowMs: nowMs + seconds(5), run: next, samples: [], inFlight: [], subject: since(seconds(65)) }).questions).toEqual([]);
    expect(
      planRun({ nowMs: nowMs + seconds(31), run: next, samples: [], inFlight: [], subject: since(seconds(91)) }).questions,
    ).toHaveLength(1);
  });
  test('while it may not be asked yet, that it is due is written once, and not anew with each moment that passes', () => {
    const run = passing();
    const unconfirmed = { samples: [], inFlight: [], subject: aSubject({ windowsSinceMs: nowMs + seconds(20) }) };
    const first = planRun({ nowMs, run, ...unconfirmed });
    expect(first.status).toBeDefined();
    const next = { ...run, status: first.status ?? run.status };
    expect(planRun({ nowMs: nowMs + 10, run: next, ...unconfirmed }).status).toBeUndefined();
  });
  test('a sample that was counted is not counted again', () => {
    const run = passing();
    const sample = aSample(nowMs, good);
    const once = planRun({ nowMs: nowMs + 200, run, samples: [sample], inFlight: [], subject: since(0) });
    const again = planRun({
      nowMs: nowMs + 300,
      run: { ...run, status: once.status ?? run.status },
      samples: [sample],
      inFlight: [],
      subject: since(0),
    });
    expect(once.status?.metricResults[0]?.count).toBe((run.status.metricResults[0]?.count ?? 0) + 1);
    expect(again.status).toBeUndefined();
  });
  test('a Pass of the time that is to come again is no evidence, neither now nor then', () => {
    const run = passing();
    expect(evidenceOf(run, t0 + seconds(121))[0]?.passedWindowStartedAtMs).toBeDefined();
    expect(evidenceOf(run, nowMs)[0]?.passedWindowStartedAtMs).toBeUndefined();
    const { status } = planRun({ nowMs: nowMs + 200, run, samples: [aSample(nowMs, silent)], inFlight: [], subject: since(0) });
    expect(evidenceOf({ ...run, status: status ?? run.status }, t0 + seconds(900))[0]?.passedWindowStartedAtMs).toBeUndefined();
  });
  test('a run that began in the time that is to come again exempts no metric from evidence, nor does the rest of a delay that was over', () => {
    const delayed = { ...windowed, initialDelay: '1m' };
    const exempt = (run: Parameters<typeof evidenceOf>[0], atMs: number) => evidenceOf(run, atMs).map(({ isExempt }) => isExempt);
    expect(exempt(passing(), nowMs)).toEqual([false]);
    const { run } = drive(aRun({ metrics: [delayed], rollout: {} }), inOrder(good), { subject: () => aSubject(), forMs: seconds(90) });
    expect(exempt(run, nowMs)).toEqual([false]);
    expect(exempt(run, t0 + seconds(50))).toEqual([false]);
  });
  test('the initialDelay of a run that had begun is not waited for a second time', () => {
    const metrics = [{ ...windowed, initialDelay: '1m' }];
    const { run } = drive(aRun({ metrics, rollout: {} }), inOrder(good), { subject: () => aSubject(), forMs: seconds(90) });
    expect(planRun({ nowMs, run, samples: [], inFlight: [], subject: since(seconds(60)) }).questions).toHaveLength(1);
  });
});

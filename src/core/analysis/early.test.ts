import { describe, expect, test } from 'vitest';
import { planRun } from './run-planner.ts';
import { aRun, aSample, aSubject, bad, drive, good, inOrder, seconds, t0 } from './testing/builders.ts';

const slow = { interval: '60s', failureLimit: 3, provider: { prometheus: { query: 'rate(a[{{args.window}}])' } } } as const;
const args = [{ name: 'window', value: '20s' }];
const times = (asked: readonly { readonly atMs: number }[]) => asked.map(({ atMs }) => Math.round(atMs / 1_000));
const subject = () => aSubject();

describe('looks that come early', () => {
  test('the first at a weight comes as soon as a window fits, the one after a first failure as soon as another has passed', () => {
    const { asked, first } = drive(aRun({ metrics: [slow], args, rollout: {} }), inOrder(good, bad, good), {
      subject,
      forMs: seconds(220),
    });
    expect(times(asked)).toEqual([10, 70, 90, 150, 210]);
    expect(first).toMatchObject({ failed: 1, successful: 4 });
  });

  test('a second failure in a row brings no third look: the rate goes on from there', () => {
    const { asked } = drive(aRun({ metrics: [slow], args, rollout: {} }), inOrder(good, bad, bad, good), { subject, forMs: seconds(220) });
    expect(times(asked)).toEqual([10, 70, 90, 150, 210]);
  });

  test('a window as long as the interval is waited for', () => {
    const metric = { ...slow, interval: '20s' };
    const { asked } = drive(aRun({ metrics: [metric], args, rollout: {} }), inOrder(bad, good), { subject, forMs: seconds(60) });
    expect(times(asked)).toEqual([10, 20, 40, 60]);
  });

  test('both can be switched off', () => {
    const run = aRun({ metrics: [slow], args, rollout: {} });
    const first = planRun({
      nowMs: t0,
      run,
      samples: [],
      inFlight: [],
      subject: aSubject({ windowsSinceMs: t0 - seconds(30) }),
      looksEarly: false,
    });
    expect(first.questions).toHaveLength(1);
    const failed = {
      ...run,
      status:
        planRun({ nowMs: t0 + 100, run, samples: [aSample(t0, bad)], inFlight: [], subject: aSubject(), looksEarly: false }).status ??
        run.status,
    };
    expect(failed.status.metricResults[0]?.nextDueAt).toBe(new Date(t0 + seconds(60)).toISOString());
    // Another weight, confirmed since: the interval is waited for all the same.
    const raised = planRun({
      nowMs: t0 + seconds(30),
      run: failed,
      samples: [],
      inFlight: [],
      subject: aSubject({ windowsSinceMs: t0 + seconds(5) }),
      looksEarly: false,
    });
    expect(raised.questions).toEqual([]);
    const early = planRun({
      nowMs: t0 + seconds(30),
      run: failed,
      samples: [],
      inFlight: [],
      subject: aSubject({ windowsSinceMs: t0 + seconds(5) }),
    });
    expect(early.questions).toHaveLength(1);
  });
});

import { describe, expect, test } from 'vitest';
import { runView } from './evidence.ts';
import { failingText } from './failing.ts';
import type { Answer } from './question.ts';
import { aRun, aSubject, drive, inOrder, seconds, silent, type WireMetric } from './testing/builders.ts';

const windowed = { provider: { prometheus: { query: 'rate(a[{{args.window}}])' } } } as const;
const value = (number: number): Answer => ({ kind: 'value', value: number });

/** The run of these metrics after these answers, each a measurement of every one. */
function failedBy(metric: Partial<WireMetric>, ...answers: readonly Answer[]) {
  const run = aRun({ metrics: [{ ...windowed, name: 'error-rate', thresholdRange: { max: 0.05 }, ...metric }], rollout: {} });
  return drive(run, inOrder(...answers), { subject: () => aSubject(), forMs: seconds(200) }).run;
}

describe('what failed a run, in words', () => {
  test('is the metric, its value and threshold, and how many samples failed', () => {
    const all = failedBy({ failureLimit: 2 }, value(0.2), value(0.25), value(0.3123));
    expect(failingText(all)).toBe('error-rate 0.312 > 0.05, 3 of 3 samples failed');
    const some = failedBy({ failureLimit: 1 }, value(0.01), value(0.06), value(0.01), value(0.07));
    expect(failingText(some)).toBe('error-rate 0.07 > 0.05, 2 of 4 samples failed');
    expect(failingText(failedBy({ thresholdRange: { min: 0.99, max: 1 } }, value(0.7)))).toBe(
      'error-rate 0.7 < 0.99, 1 of 1 samples failed',
    );
  });
  test('never shows a value that looks like its threshold', () =>
    expect(failingText(failedBy({}, value(0.050001)))).toBe('error-rate 0.050001 > 0.05, 1 of 1 samples failed'));
  test('of a silence that counts as a failure is what was said of it', () =>
    expect(failingText(failedBy({ noData: { action: 'Fail' } }, silent))).toMatch(/^error-rate: .+, 1 of 1 samples failed$/));
  test('is in the Rollout’s view of a Failed run, and of no other', () => {
    expect(runView(failedBy({}, value(1)), 0)?.failing).toBe('error-rate 1 > 0.05, 1 of 1 samples failed');
    const good = failedBy({}, value(0));
    expect([good.status.phase, runView(good, 0)?.failing]).toEqual(['Running', undefined]);
  });
});

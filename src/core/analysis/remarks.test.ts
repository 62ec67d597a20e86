import { describe, expect, test } from 'vitest';
import { problemText } from './problem.ts';
import { remarksOn } from './remarks.ts';
import { analysisTemplateSpecSchema } from './template.ts';

const provider = { prometheus: { builtin: 'successRate' } };
const compared = (minEffect?: number) => ({ name: 'against-stable', interval: '30s', compare: { minEffect }, provider });
const threshold = { name: 'rate', interval: '30s', thresholdRange: { min: 0.95 }, provider };

const remarksOf = (...metrics: readonly object[]) => {
  const found = remarksOn(analysisTemplateSpecSchema.parse({ metrics }).metrics);
  return found.map((remark) => `${remark.reason} ${problemText({ ...remark, path: ['metrics', ...remark.path] })}`);
};

describe('what is allowed and will disappoint', () => {
  test('a comparison without minEffect, the default, can never pass', () => {
    const never = /^CompareNeverPasses metrics\[1\]\.compare\.minEffect: metric "against-stable" has minEffect 0: .* never pass/;
    expect(remarksOf(threshold, compared())).toEqual([expect.stringMatching(never)]);
    expect(remarksOf(threshold, compared(0))).toEqual([expect.stringMatching(never)]);
    expect(remarksOf(threshold, compared(0.005))).toEqual([]);
  });
  test('a comparison alone passes what is as bad as a bad stable', () => {
    const alone = [expect.stringMatching(/^CompareAlone metrics\[0\]\.compare: metric "against-stable" has no threshold beside it/)];
    expect(remarksOf(compared(0.005))).toEqual(alone);
    expect(remarksOf(compared(0.005), { ...threshold, dryRun: true })).toEqual(alone);
    expect(remarksOf(compared(0.005), { ...threshold, thresholdRange: undefined, failureCondition: 'result < 0.9' })).toEqual([]);
  });
  test('nothing is said of thresholds, nor of dry runs, which decide nothing', () => {
    expect(remarksOf(threshold)).toEqual([]);
    expect(remarksOf({ ...compared(), dryRun: true })).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sample } from './question.ts';
import type { AnalysisRun } from './run.ts';
import { isCounted, planRun } from './run-planner.ts';
import { aRun, aSample, bad, broken, drive, good, inOrder, seconds, silent, t0 } from './testing/builders.ts';

describe('folding', () => {
  const samples = fc
    .array(fc.constantFrom(good, bad, silent, broken), { minLength: 1, maxLength: 15 })
    .map((answers): readonly Sample[] => answers.map((answer, index) => aSample(t0 + seconds(index), answer)));
  const start = aRun({ metrics: [{ failureLimit: 5, consecutiveErrorLimit: 3, consecutiveSuccessLimit: 4 }] });
  const fold = (from: AnalysisRun, own: readonly Sample[]): AnalysisRun => {
    const plan = planRun({ nowMs: t0 + seconds(20), run: from, samples: own, inFlight: [], subject: undefined });
    return { ...from, status: plan.status ?? from.status };
  };
  const begun = fold(start, []);

  test('is idempotent: a sample that status has counted, and still shows, is not counted again', () => {
    fc.assert(
      // Fewer are unread at a time than status shows.
      fc.property(
        samples.filter(({ length }) => length <= 10),
        (own) => {
          const once = fold(begun, own);
          expect(fold(once, own).status).toEqual(once.status);
          for (const sample of own) expect(isCounted(once.status, sample)).toBe(true);
        },
      ),
    );
  });
  test('does not depend on the order in which samples come in', () => {
    fc.assert(
      fc.property(
        samples.chain((own) => fc.tuple(fc.constant(own), fc.shuffledSubarray([...own], { minLength: own.length }))),
        ([own, shuffled]) => {
          expect(fold(begun, shuffled).status).toEqual(fold(begun, own).status);
        },
      ),
    );
  });
  test('does not depend on how samples are spread over plans', () => {
    fc.assert(
      fc.property(samples, fc.nat(15), (own, cutAt) => {
        const split = fold(fold(begun, own.slice(0, cutAt)), own.slice(cutAt));
        expect(split.status.metricResults).toEqual(fold(begun, own).status.metricResults);
      }),
    );
  });
  test('samples of another run, or of no metric of this one, are nobody’s', () => {
    const strange = [aSample(t0, bad, { runUid: 'other' }), aSample(t0, bad, { metric: 'other' })];
    expect(fold(begun, strange).status).toEqual(begun.status);
  });
  test('the last ten measurements are kept, all are counted', () => {
    const { first } = drive(aRun({ metrics: [{ count: 14 }] }), inOrder(good));
    expect(first.measurements).toHaveLength(10);
    expect(first.count).toBe(14);
  });
});

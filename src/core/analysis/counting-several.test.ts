import { describe, expect, test } from 'vitest';
import type { Answer } from './question.ts';
import type { AnalysisRun } from './run.ts';
import { planRun } from './run-planner.ts';
import type { Drive, RunOptions, Script, WireMetric } from './testing/builders.ts';
import { aRun, aSample, aSubject, bad, broken, drive, good, hopeless, inOrder, seconds, silent, t0 } from './testing/builders.ts';

const metric = (over: Partial<WireMetric>, ...answers: readonly Answer[]): Drive => drive(aRun({ metrics: [over] }), inOrder(...answers));
const run = (options: RunOptions, script: Script): Drive => drive(aRun(options), script);
const byMetric =
  (answers: Record<string, readonly Answer[]>): Script =>
  (name, index) => {
    const own = answers[name] ?? [];
    return own[Math.min(index, own.length - 1)];
  };

describe('Counting', () => {
  describe('Several metrics: Failed > Error > Inconclusive > Successful; the first Failed or Error ends the run at once; at an Inconclusive the measurements under way come in first, so that a simultaneous Failed wins.', () => {
    const ends = { Successful: [good], Failed: [bad], Error: [hopeless], Inconclusive: [silent] } as const;
    const order = ['Failed', 'Error', 'Inconclusive', 'Successful'] as const;
    const pairs = order.flatMap((worse, index) => order.slice(index).map((better) => [worse, better] as const));
    test.each(pairs)('%s and %s together', (worse, better) => {
      for (const [a, b] of [
        [worse, better],
        [better, worse],
      ] as const) {
        const once = { interval: undefined, noData: { action: 'Inconclusive' } } as const;
        const { status } = run(
          {
            metrics: [
              { name: 'a', ...once },
              { name: 'b', ...once },
            ],
          },
          byMetric({ a: ends[a], b: ends[b] }),
        );
        expect(status.phase).toBe(worse);
      }
    });
    test.each([
      ['Failed', bad],
      ['Error', hopeless],
    ] as const)('the first %s ends the run at once, though another question is open', (phase, answer) => {
      const { status } = run({ metrics: [{ name: 'a' }, { name: 'b' }] }, (name) => (name === 'a' ? answer : undefined));
      expect(status).toMatchObject({ phase, completedAt: new Date(t0 + 100).toISOString() });
      expect(status.metricResults[1]).toMatchObject({ phase: 'Inconclusive', message: 'ended with the run, without a Pass' });
    });
    const slow = (answer: Answer) => {
      const start = aRun({ metrics: [{ name: 'a', noData: { action: 'Inconclusive' } }, { name: 'b' }] });
      const begun = planRun({ nowMs: t0, run: start, samples: [], inFlight: [], subject: undefined });
      const running: AnalysisRun = { ...start, status: begun.status ?? start.status };
      const samples = [aSample(t0, silent, { metric: 'a' })];
      const ending = planRun({ nowMs: t0 + 200, run: running, samples, inFlight: ['b'], subject: undefined });
      expect(ending.status).toMatchObject({ phase: 'Running', metricResults: [{ phase: 'Inconclusive' }, { phase: 'Running' }] });
      expect(ending.questions).toEqual([]);
      const waited: AnalysisRun = { ...running, status: ending.status ?? running.status };
      expect(planRun({ nowMs: t0 + seconds(40), run: waited, samples, inFlight: ['b'], subject: undefined })).toEqual({ questions: [] });
      return planRun({
        nowMs: t0 + seconds(41),
        run: waited,
        samples: [aSample(t0, answer, { metric: 'b' })],
        inFlight: [],
        subject: undefined,
      }).status;
    };
    test('meanwhile nothing new is asked', () => {
      const start = aRun({ metrics: [{ name: 'a', noData: { action: 'Inconclusive' } }, { name: 'b' }, { name: 'c' }] });
      const begun = planRun({ nowMs: t0, run: start, samples: [], inFlight: [], subject: undefined });
      const running: AnalysisRun = { ...start, status: begun.status ?? start.status };
      const samples = [aSample(t0, silent, { metric: 'a' }), aSample(t0, good, { metric: 'c' })];
      const ending = planRun({ nowMs: t0 + seconds(40), run: running, samples, inFlight: ['b'], subject: undefined });
      expect(ending).toMatchObject({ status: { phase: 'Running' }, questions: [] });
      expect(ending.wakeAtMs).toBeUndefined();
    });
    test('a Failed under way wins over an Inconclusive', () => {
      expect(slow(bad)).toMatchObject({ phase: 'Failed', message: 'metric "b" Failed: failed 1 > failureLimit 0' });
    });
    test('a Pass under way does not', () => {
      expect(slow(good)).toMatchObject({ phase: 'Inconclusive', message: 'metric "a" Inconclusive: inconclusive 1 > inconclusiveLimit 0' });
    });
    test('the run waits for the slower metric where nothing is worse', () => {
      const { status } = run(
        {
          metrics: [
            { name: 'a', count: 1 },
            { name: 'b', count: 3 },
          ],
        },
        inOrder(good),
      );
      expect(status).toMatchObject({
        phase: 'Successful',
        message: 'all 2 metrics are successful',
        completedAt: new Date(t0 + seconds(60) + 100).toISOString(),
      });
    });
  });

  test('Nothing is measured after the end.', () => {
    const { run: over } = metric({}, bad);
    const later = planRun({
      nowMs: t0 + seconds(300),
      run: over,
      samples: [aSample(t0 + seconds(200), bad)],
      inFlight: [],
      subject: aSubject(),
    });
    expect(later).toEqual({ questions: [] });
  });

  describe('Dry-run metrics change no phase and hold nothing open; only dry-run metrics: Successful, message "dry run only".', () => {
    test.each([
      ['failing', bad],
      ['invalid', hopeless],
      ['silent', silent],
      ['broken', broken],
    ])('a %s dry run changes no phase', (_name, answer) => {
      const { status } = run(
        {
          metrics: [
            { name: 'real', count: 3 },
            { name: 'dry', dryRun: true },
          ],
        },
        byMetric({ real: [good], dry: [answer] }),
      );
      expect(status.phase).toBe('Successful');
    });
    test('it holds nothing open', () => {
      const { status } = run(
        {
          metrics: [
            { name: 'real', count: 1 },
            { name: 'dry', dryRun: true, count: 100 },
          ],
        },
        (name) => (name === 'real' ? good : undefined),
      );
      expect(status).toMatchObject({ phase: 'Successful', completedAt: new Date(t0 + 100).toISOString() });
    });
    test('a real metric in Inconclusive does not wait for it', () => {
      const real = { name: 'real', noData: { action: 'Inconclusive' } } as const;
      const { status } = run({ metrics: [real, { name: 'dry', dryRun: true }] }, (name) => (name === 'real' ? silent : undefined));
      expect(status).toMatchObject({ phase: 'Inconclusive', completedAt: new Date(t0 + 100).toISOString() });
    });
    test('only dry runs', () => {
      const { status, first } = run({ metrics: [{ dryRun: true, count: 1 }] }, inOrder(bad));
      expect(status).toMatchObject({ phase: 'Successful', message: 'dry run only' });
      expect(first).toMatchObject({ phase: 'Failed', dryRun: true, failed: 1 });
    });
    test('only dry runs, beside a Rollout, go on with it', () => {
      const { status } = drive(aRun({ metrics: [{ dryRun: true }], rollout: {} }), inOrder(bad, bad), {
        subject: (nowMs) => aSubject({ isOver: nowMs > t0 + seconds(120) }),
        forMs: seconds(200),
      });
      expect(status).toMatchObject({ phase: 'Successful', message: 'dry run only' });
    });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer } from './question.ts';
import { planRun } from './run-planner.ts';
import type { Drive, RunOptions, Script, WireMetric } from './testing/builders.ts';
import { aRun, aSample, bad, broken, drive, good, hopeless, inOrder, seconds, silent, t0 } from './testing/builders.ts';

const metric = (over: Partial<WireMetric>, ...answers: readonly Answer[]): Drive => drive(aRun({ metrics: [over] }), inOrder(...answers));
const run = (options: RunOptions, script: Script): Drive => drive(aRun(options), script);
/** The contract's field, under a name that nothing takes for a promise. */
const thenFail = { ['then' as const]: 'Fail' as const };
const byMetric =
  (answers: Record<string, readonly Answer[]>): Script =>
  (name, index) => {
    const own = answers[name] ?? [];
    return own[Math.min(index, own.length - 1)];
  };

describe('Counting', () => {
  describe('NoData and Error do not advance `count`.', () => {
    test('NoData', () => {
      const { first } = metric({ count: 2 }, silent, silent, good, good);
      expect(first).toMatchObject({ phase: 'Successful', count: 2, successful: 2, noData: 2 });
    });
    test('Error', () => {
      const { first } = metric({ count: 2 }, broken, broken, good, good);
      expect(first).toMatchObject({ phase: 'Successful', count: 2, successful: 2, error: 2 });
    });
    test('at random', () => {
      fc.assert(
        fc.property(fc.array(fc.constantFrom(good, bad, silent, broken), { maxLength: 30 }), (answers) => {
          const { first } = drive(
            aRun({ metrics: [{ failureLimit: 1000, consecutiveErrorLimit: 1000 }] }),
            (_name, index) => answers[index],
          );
          expect(first.count).toBe(first.successful + first.failed + first.inconclusive);
          expect(first.count).toBe(answers.filter((answer) => answer === good || answer === bad).length);
        }),
      );
    });
  });

  describe('Invalid ends the metric and the run at once as Error.', () => {
    test('on the first measurement', () => {
      const { status, first, asked } = metric({ count: 5 }, hopeless);
      expect(first).toMatchObject({ phase: 'Error', invalid: 1, message: 'invalid: 2 series' });
      expect(status).toMatchObject({ phase: 'Error', message: 'metric "m" Error: invalid: 2 series' });
      expect(asked).toHaveLength(1);
    });
    test('though other metrics pass and consecutiveErrorLimit is far', () => {
      const { status } = run(
        { metrics: [{ name: 'a' }, { name: 'b', consecutiveErrorLimit: 100 }] },
        byMetric({ a: [good], b: [good, hopeless] }),
      );
      expect(status.phase).toBe('Error');
    });
  });

  describe('An Error is asked again after the interval (10 s where there is none); consecutiveErrorLimit in a row are tolerated.', () => {
    test('after the interval', () => {
      expect(metric({ count: 1 }, broken, broken, good).asked.map(({ atMs }) => atMs)).toEqual([0, seconds(30), seconds(60)]);
    });
    test('after 10 s where there is none', () => {
      const { asked, first } = metric({ interval: undefined }, broken, good);
      expect(asked.map(({ atMs }) => atMs)).toEqual([0, seconds(10) + 100]);
      expect(first).toMatchObject({ phase: 'Successful', error: 1 });
    });
    test('as many as the limit in a row are tolerated', () => {
      expect(metric({ count: 1, consecutiveErrorLimit: 2 }, broken, broken, good).first.phase).toBe('Successful');
    });
    test('one more ends as Error', () => {
      const { first, status } = metric({ count: 1, consecutiveErrorLimit: 2 }, broken);
      expect(first).toMatchObject({ phase: 'Error', error: 3, consecutiveError: 3 });
      expect(status.message).toBe('metric "m" Error: consecutiveError 3 > consecutiveErrorLimit 2: connection refused');
    });
    test.each([
      ['Pass', good],
      ['NoData', silent],
      ['Fail', bad],
    ])('%s breaks the row', (_name, answer) => {
      const { first } = metric({ count: 4, failureLimit: 3, consecutiveErrorLimit: 1 }, broken, answer, broken, good, good, good, good);
      expect(first.phase).toBe('Successful');
    });
    test('by default four are tolerated', () => {
      expect(metric({}, broken).first.error).toBe(5);
    });
  });

  describe('`failureLimit` and `inconclusiveLimit` are totals.', () => {
    test('one failure fails by default', () => {
      const { first, status } = metric({ count: 5 }, good, bad);
      expect(first).toMatchObject({ phase: 'Failed', count: 2, successful: 1, failed: 1, message: 'failed 1 > failureLimit 0' });
      expect(status).toMatchObject({ phase: 'Failed', message: 'metric "m" Failed: failed 1 > failureLimit 0' });
      expect(first.deciding).toMatchObject({ result: 'Fail', value: '0.5', message: '0.5 < min 0.99' });
    });
    test('failures need not be in a row', () => {
      expect(metric({ count: 9, failureLimit: 1 }, bad, good, good, bad).first).toMatchObject({ phase: 'Failed', failed: 2, count: 4 });
    });
    test('failures within the limit do not fail', () => {
      expect(metric({ count: 3, failureLimit: 1 }, bad, good, good).first).toMatchObject({ phase: 'Successful', failed: 1 });
    });
    test('inconclusive ones need not be in a row', () => {
      const { first } = metric({ count: 9, inconclusiveLimit: 1, noData: { action: 'Inconclusive' } }, silent, good, good, silent);
      expect(first).toMatchObject({ phase: 'Inconclusive', inconclusive: 2, count: 4, message: 'inconclusive 2 > inconclusiveLimit 1' });
    });
  });

  describe('`noData.action: Fail` and `Inconclusive` count as one such measurement each, and advance `count`.', () => {
    test('Fail', () => {
      const { first, status } = metric({ count: 5, noData: { action: 'Fail' } }, good, silent);
      expect(first).toMatchObject({ phase: 'Failed', count: 2, failed: 1, noData: 1 });
      expect(first.measurements.at(-1)?.result).toBe('NoData');
      expect(status.phase).toBe('Failed');
    });
    test('Fail within failureLimit', () => {
      expect(metric({ count: 2, failureLimit: 1, noData: { action: 'Fail' } }, silent, good).first).toMatchObject({
        phase: 'Successful',
        count: 2,
      });
    });
    test('Inconclusive', () => {
      expect(metric({ count: 5, noData: { action: 'Inconclusive' } }, silent).first).toMatchObject({
        phase: 'Inconclusive',
        count: 1,
        inconclusive: 1,
        noData: 1,
      });
    });
    test('a metric that is measured once is done with it', () => {
      expect(metric({ interval: undefined, noData: { action: 'Inconclusive' }, inconclusiveLimit: 5 }, silent).first).toMatchObject({
        phase: 'Inconclusive',
        message: 'count 1 reached without a Pass',
      });
    });
  });

  describe('`Wait`: its clock starts at the first silence, only Pass and Fail stop it, it is kept in status and looked at when due; `then` ends the metric at once.', () => {
    const waiting = { noData: { action: 'Wait', timeout: '2m' } } as const;
    test('the clock starts at the first silence', () => {
      const { first, status } = metric(waiting, good, silent);
      expect(first).toMatchObject({ phase: 'Inconclusive', message: 'no data for 2m' });
      expect(status.completedAt).toBe(new Date(t0 + seconds(30 + 120) + 100).toISOString());
    });
    test('a Pass stops it', () => {
      expect(metric({ ...waiting, count: 2 }, silent, silent, silent, good, silent, silent, silent, good).first.phase).toBe('Successful');
    });
    test('a Fail stops it', () => {
      expect(metric({ ...waiting, count: 2, failureLimit: 1 }, silent, silent, silent, bad, silent, silent, silent, good).first.phase).toBe(
        'Successful',
      );
    });
    test('an Error does not stop it', () => {
      expect(metric({ ...waiting, consecutiveErrorLimit: 100 }, silent, broken).first).toMatchObject({
        phase: 'Inconclusive',
        message: 'no data for 2m',
      });
    });
    test('an Error does not start it', () => {
      const { first } = metric({ ...waiting, count: 1, consecutiveErrorLimit: 100 }, ...Array.from({ length: 20 }, () => broken), good);
      expect(first.phase).toBe('Successful');
    });
    test('it is kept in status', () => {
      const { run: waitingRun, first } = drive(aRun({ metrics: [waiting] }), inOrder(silent), { forMs: seconds(45) });
      expect(first.silentSince).toBe(new Date(t0 + 100).toISOString());
      const restarted = planRun({ nowMs: t0 + seconds(600), run: waitingRun, samples: [], inFlight: [], subject: undefined });
      expect(restarted.status).toMatchObject({ phase: 'Inconclusive', message: 'metric "m" Inconclusive: no data for 2m' });
    });
    test('it is looked at when due, with a question under way', () => {
      const script: Script = (_name, index) => (index === 0 ? silent : undefined);
      const { status, first } = drive(aRun({ metrics: [waiting] }), script);
      expect(status.completedAt).toBe(new Date(t0 + 120_100).toISOString());
      expect(first.phase).toBe('Inconclusive');
    });
    test('a Pass that came in after it does not undo it', () => {
      const { run: waitingRun } = drive(aRun({ metrics: [waiting] }), inOrder(silent), { forMs: seconds(45) });
      const late = planRun({
        nowMs: t0 + seconds(130),
        run: waitingRun,
        samples: [aSample(t0 + seconds(125), good)],
        inFlight: [],
        subject: undefined,
      });
      expect(late.status?.phase).toBe('Inconclusive');
    });
    test('`then: Fail` fails the metric whatever failureLimit says', () => {
      const { first } = metric({ noData: { action: 'Wait', timeout: '2m', ...thenFail }, failureLimit: 50 }, silent);
      expect(first).toMatchObject({ phase: 'Failed', message: 'no data for 2m' });
    });
    test('timeout 0 ends at the first silence', () => {
      expect(metric({ noData: { timeout: '0s' } }, silent).asked).toHaveLength(1);
    });
  });

  test('NoData breaks a row of successes.', () => {
    const { first } = metric({ count: 9, consecutiveSuccessLimit: 3 }, good, good, silent, good, good, good);
    expect(first).toMatchObject({ phase: 'Successful', successful: 5, consecutiveSuccess: 3 });
  });

  test('A metric that is measured once is asked again while it waits.', () => {
    const { asked, first } = metric({ interval: undefined }, silent, silent, good);
    expect(asked).toHaveLength(3);
    expect(first).toMatchObject({ phase: 'Successful', count: 1, noData: 2 });
  });

  describe('Count reached with consecutiveSuccessLimit unmet and failures within the limit: Inconclusive.', () => {
    test('unmet', () => {
      const { first } = metric({ count: 4, consecutiveSuccessLimit: 3, failureLimit: 2 }, good, bad, good, good);
      expect(first).toMatchObject({ phase: 'Inconclusive', message: 'count 4 reached, consecutiveSuccess 2 < consecutiveSuccessLimit 3' });
    });
    test('met by the last', () => {
      expect(metric({ count: 4, consecutiveSuccessLimit: 3, failureLimit: 2 }, bad, good, good, good).first.phase).toBe('Successful');
    });
    test('met early', () => {
      expect(metric({ count: 9, consecutiveSuccessLimit: 3 }, good).first).toMatchObject({ phase: 'Successful', count: 3 });
    });
    test('without count, a row ends the metric', () => {
      expect(metric({ consecutiveSuccessLimit: 3 }, good).first).toMatchObject({ phase: 'Successful', count: 3 });
    });
  });

  describe('A metric without a single Pass is never Successful.', () => {
    test('count reached by failures within the limit', () => {
      expect(metric({ count: 3, inconclusiveLimit: 5, noData: { action: 'Inconclusive' } }, silent).first).toMatchObject({
        phase: 'Inconclusive',
        count: 3,
      });
    });
    test('whatever happens', () => {
      const wire = fc.record({
        count: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        failureLimit: fc.constant(0),
        consecutiveErrorLimit: fc.integer({ min: 0, max: 3 }),
        inconclusiveLimit: fc.integer({ min: 0, max: 9 }),
        dryRun: fc.constant(false),
        noData: fc.record({ action: fc.constantFrom('Wait', 'Fail', 'Inconclusive'), timeout: fc.constantFrom('0s', '1m', '5m') }),
      });
      const answers = fc.array(
        fc.constantFrom(
          bad,
          silent,
          broken,
          hopeless,
          { kind: 'value', value: Number.NaN } as const,
          { kind: 'value', value: 1, requests: 0 } as const,
        ),
        { maxLength: 12 },
      );
      fc.assert(
        fc.property(fc.array(wire, { minLength: 1, maxLength: 3 }), answers, fc.boolean(), (metrics, script, isTerminated) => {
          const start = aRun({ metrics: metrics.map((one, index) => ({ ...one, name: `m${index}` })) });
          const { run: driven } = drive(start, (_name, index) => script[index], { forMs: seconds(300) });
          const last = planRun({
            nowMs: t0 + seconds(301),
            run: { ...driven, spec: { ...driven.spec, terminate: isTerminated } },
            samples: [],
            inFlight: [],
            subject: undefined,
          });
          const status = last.status ?? driven.status;
          expect(status.phase).not.toBe('Successful');
          for (const result of status.metricResults) expect(result.phase).not.toBe('Successful');
        }),
      );
    });
  });

  describe('Fixed rate, never two open questions of one metric; initialDelay counts from `startedAt`; phase Pending until first seen, then Running.', () => {
    test('fixed rate whatever an answer takes', () => {
      const { asked } = drive(aRun(), inOrder(good), { latencyMs: seconds(12), forMs: seconds(100) });
      expect(asked.map(({ atMs }) => atMs)).toEqual([0, seconds(30), seconds(60), seconds(90)]);
    });
    test('an answer slower than the interval delays, and nothing piles up', () => {
      const { asked } = drive(aRun(), inOrder(good), { latencyMs: seconds(45), forMs: seconds(140) });
      expect(asked.map(({ atMs }) => atMs)).toEqual([0, seconds(45), seconds(90), seconds(135)]);
    });
    test('never two open questions', () => {
      const { asked } = drive(aRun(), () => undefined);
      expect(asked).toHaveLength(1);
    });
    test('initialDelay counts from startedAt', () => {
      const { asked, status } = run({ metrics: [{ initialDelay: '45s', count: 1 }] }, inOrder(good));
      expect(asked.map(({ atMs }) => atMs)).toEqual([seconds(45)]);
      expect(status.startedAt).toBe(new Date(t0).toISOString());
    });
    test('Pending until first seen, then Running', () => {
      const start = aRun();
      expect(start.status.phase).toBe('Pending');
      expect(planRun({ nowMs: t0, run: start, samples: [], inFlight: [], subject: undefined }).status).toMatchObject({
        phase: 'Running',
        startedAt: new Date(t0).toISOString(),
      });
    });
  });
});

import { describe, expect, test } from 'vitest';
import { readDocuments } from './documents.ts';
import { chanceAbove, requestsToTell } from './odds.ts';
import { type Prepared, prepare } from './prepare.ts';
import { goodQuality, slowerShare } from './quality.ts';
import type { Settings } from './settings.ts';
import { type GivenRollout, rolloutYaml, successRate, templateYaml, watched } from './testing/rollouts.ts';

const steps = ['setWeight: 5', 'pause: {duration: 10m}', 'setWeight: 50', 'pause: {duration: 10m}'];

function preparedOf(given: Partial<GivenRollout>, metrics: readonly string[], wishes: Partial<Settings> = {}, window = '1m'): Prepared {
  const texts = [rolloutYaml({ steps, canary: [watched], ...given }), ...(metrics.length === 0 ? [] : [templateYaml(metrics, window)])];
  const documents = readDocuments(texts.map((text, index) => ({ name: `${index}.yaml`, text })));
  if (!documents.ok) throw new Error(documents.failure.join('\n'));
  const settings: Settings = {
    ...{ rollout: undefined, namespace: 'default', mesh: undefined, release: { ...goodQuality, errorRate: 0.05 }, stable: goodQuality },
    ...{ perSecond: 50, seeds: 1, firstSeed: 1, resumeAfterMs: 60_000, ...wishes },
  };
  const prepared = prepare({ documents: documents.value, library: [] }, settings);
  if (!prepared.ok) throw new Error(prepared.failure.join('\n'));
  return prepared.value;
}

const found = (...given: Parameters<typeof preparedOf>): readonly string[] =>
  preparedOf(...given).findings.map(({ reason, message }) => `${reason}: ${message}`);

describe('warnings before anything is played', () => {
  test('none of a Rollout that can catch its example', () => {
    expect(found({}, [successRate()])).toEqual([]);
  });

  test('no analysis, or nothing but dry runs', () => {
    expect(found({ canary: [] }, [])).toEqual([expect.stringMatching(/^NoAnalysis: the Rollout has no analysis/)]);
    expect(found({}, [successRate(', dryRun: true')])).toEqual([expect.stringMatching(/^NoAnalysis: no metric is left/)]);
  });

  test('too few requests: how many there are, how many it takes, from which weight on there are enough', () => {
    expect(found({}, [successRate().replace('minRequests: 20', 'failureLimit: 1')], { perSecond: 10 })).toEqual([
      'TooFewRequests: metric "success-rate" sees about 30 requests in 1m at 5 % (step 1); it takes 59 to tell 5 % of errors from the 1 % that are allowed with 95 % certainty: there are enough from 50 % (step 3) on',
    ]);
    const seconds = 'histogram_quantile(0.99, sum by (le) (rate(response_latency_ms_bucket[1m])))';
    const slow = `{name: slow, interval: 30s, thresholdRange: {max: 500}, provider: {prometheus: {query: "${seconds}"}}}`;
    expect(found({}, [slow], { perSecond: 1, release: { ...goodQuality, p99Ms: 800 } })).toEqual([
      expect.stringMatching(/^TooFewRequests: metric "slow" sees about 3 requests .* a p99 of 800 ms from the 500 ms that are allowed/),
    ]);
  });

  test('a release within what is allowed needs no requests: it is allowed', () => {
    expect(found({}, [successRate()], { release: { ...goodQuality, errorRate: 0.01 } })).toEqual([]);
  });

  test('minRequests that are never there', () => {
    expect(found({}, [successRate().replace('minRequests: 20', 'minRequests: 1000')])).toEqual([
      'MinRequestsUnreachable: metric "success-rate" has minRequests: 1000, and sees about 150 requests in 1m at 5 % (step 1): it says nothing there, and nothing never passes',
    ]);
  });

  test('one failed request is enough', () => {
    expect(found({}, [successRate()], { perSecond: 20 })).toEqual([
      'OneFailureIsEnough: metric "success-rate" fails at 5 % (step 1) by a single failed request of about 60: of a good release with 0.1 % of errors, 5.83 % of such measurements fail',
    ]);
  });

  test('a comparison that can never pass, and one without a threshold beside it', () => {
    const compared = '{name: compared, interval: 5s, compare: {}, provider: {prometheus: {builtin: successRate}}}';
    expect(found({}, [compared])).toEqual([
      expect.stringMatching(/^CompareNeverPasses: metric "compared" has minEffect 0: /),
      expect.stringMatching(/^CompareAlone: metric "compared" has no threshold beside it/),
    ]);
    expect(found({}, [successRate(), compared.replace('{}', '{minEffect: 0.005}')])).toEqual([]);
  });

  test('asked once, or for the last time, too soon', () => {
    const once = successRate().replace('interval: 5s, ', '');
    expect(found({}, [once], { perSecond: 500 })).toEqual([
      'AskedTooSoon: metric "success-rate" has no interval: it is asked once, at 5 % (step 1), and never again',
    ]);
    expect(found({}, [successRate(', count: 3')])).toEqual([
      'AskedTooSoon: metric "success-rate" ends after count 3, about 1m10s after the first traffic; the release takes 20m: what comes later is not judged',
    ]);
  });

  test('a limit that outlasts the rollout', () => {
    const slow = successRate(', failureLimit: 5, consecutiveErrorLimit: 4').replace('5s', '5m');
    expect(found({}, [slow])).toEqual([
      'LimitOutlastsRollout: metric "success-rate" has failureLimit: 5 and an interval of 5m: 6 failures take 25m, and the pauses take 20m',
    ]);
  });

  test('a first weight that lets half of all requests in', () => {
    expect(found({ steps: ['setWeight: 50', 'pause: {duration: 5m}'] }, [successRate()])).toEqual([
      expect.stringMatching(/^FirstWeightHigh: the first weight is 50 %/),
    ]);
  });

  test('a window longer than the bake, and a step that goes on without being judged', () => {
    const bake = 'afterPromotion: {duration: 30s, analysis: {templates: [{name: checks}]}}';
    expect(found({ canary: [bake] }, [successRate()])).toEqual([
      expect.stringMatching(/^WindowLongerThanStep: .* 100 % \(after the last step\) lasts 30s/),
    ]);
    const running = 'analysis: {templates: [{name: checks}], evidence: Running}';
    const literal =
      '{name: literal, interval: 30s, thresholdRange: {min: 1}, provider: {prometheus: {query: "sum(rate(response_total[20m]))"}}}';
    expect(found({ canary: [running] }, [literal])).toEqual([expect.stringMatching(/the step is over before the metric has judged it$/)]);
  });
});

describe('what the simulation is made of', () => {
  test('only the series that somebody asks for are scraped, at least four times in the shortest window', () => {
    const { scenario } = preparedOf({}, [successRate()]);
    expect([scenario.wanted, scenario.scrapeMs]).toEqual([['response_total'], 15_000]);
    expect(preparedOf({}, [successRate()], {}, '5s').scenario.scrapeMs).toBe(1_000);
    expect(preparedOf({}, [successRate().replace('successRate', 'p99')]).scenario.wanted).toContain('response_latency_ms_bucket');
  });

  test('what is the user’s own Prometheus’ stays out', () => {
    const own =
      '{name: own, interval: 30s, thresholdRange: {min: 1}, provider: {prometheus: {address: "https://prometheus.example", headers: [{key: X, value: y}], tls: {serverName: p}, query: "up"}}}';
    const template = preparedOf({}, [own]).scenario.objects.find(({ kind }) => kind === 'AnalysisTemplate');
    expect(template).toMatchObject({ spec: { metrics: [{ provider: { prometheus: { query: 'up' } } }] } });
    expect(JSON.stringify(template)).not.toMatch(/example|headers|tls/);
  });
});

describe('odds', () => {
  test('of few requests exactly, of many nearly', () => {
    expect(chanceAbove(10, 0.5, 0.5)).toBeCloseTo(386 / 1_024, 10);
    expect(chanceAbove(1_000_000, 0.02, 0.01)).toBeGreaterThan(0.999);
    expect(chanceAbove(1, 1, 0.01)).toBe(1);
  });

  test('as many requests as it takes, none where no number is enough', () => {
    expect(requestsToTell(0.05, 0.01)).toBe(59);
    expect(requestsToTell(1, 0.01)).toBe(1);
    expect(requestsToTell(0.01, 0.01)).toBeUndefined();
  });

  test('one in a hundred is slower than the p99, half than the middle', () => {
    expect(slowerShare({ p99Ms: 800 }, 800)).toBeCloseTo(0.01, 5);
    expect(slowerShare({ p99Ms: 800 }, 200)).toBeCloseTo(0.5, 5);
  });
});

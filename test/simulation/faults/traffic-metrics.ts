import type { PlannedFault } from '../play/plan.ts';
import type { Fault } from '../play/run.ts';
import { between, harmless, numberOf, oneOf, textOf } from './kit.ts';
import { strikingQuestions } from './questions.ts';

const trafficMetrics = strikingQuestions(({ trafficMetrics: { faults } }) => faults);

export const trafficMetricsFaults: readonly Fault[] = [
  trafficMetrics('smi-metrics-down', 'the API server cannot reach the aggregated one', () => ({ kind: 'down' })),
  trafficMetrics('smi-metrics-silent', 'no answer ever comes', () => ({ kind: 'silent' })),
  trafficMetrics(
    'smi-metrics-5xx',
    'it fails, and means nothing by it',
    (planned) => ({ kind: 'status', status: numberOf(planned, 'status', 502) }),
    (random) => ({ status: oneOf(random, [500, 502, 503, 504]) }),
  ),
  trafficMetrics('smi-metrics-no-edge', 'as where there is no traffic yet: HTTP 500, “unable to lookup metrics”', () => ({
    ...{ kind: 'status', status: 500, body: '{"error":"unable to lookup metrics"}' },
  })),
  trafficMetrics(
    'smi-metrics-quiet',
    'no series match, and a server of another sort says so: an empty list, zeroes, a 404',
    (planned) => ({ kind: 'noSeries', silence: silenceOf(planned) }),
    (random) => ({ silence: oneOf(random, ['emptyList', 'zeroes', 'notFound']) }),
  ),
  trafficMetrics(
    'smi-metrics-slow',
    'it answers later than a question waits, or nearly so',
    (planned) => ({ kind: 'slow', delayMs: numberOf(planned, 'delayMs', 12_000) }),
    (random) => ({ delayMs: between(random, 2_000, 30_000) }),
  ),
  trafficMetrics(
    'smi-metrics-old',
    'everything as it was before the step, with the timestamp of then',
    (planned) => ({ kind: 'old', ageMs: numberOf(planned, 'ageMs', 30_000) }),
    (random) => ({ ageMs: between(random, 20_000, 200_000) }),
  ),
  trafficMetrics(
    'smi-metrics-window',
    'it covers a longer window than was asked for: half a minute from before the step is in it',
    (planned) => ({ kind: 'window', windowMs: numberOf(planned, 'windowMs', 60_000) }),
    (random) => ({ windowMs: oneOf(random, [40_000, 60_000, 90_000]) }),
  ),
  trafficMetrics('smi-metrics-nan', 'the numbers are none: sentinels in place of quantities', () => ({
    kind: 'value',
    change: (samples) => samples.map((sample) => ({ ...sample, value: Number.NaN })),
  })),
  harmless(
    trafficMetrics(
      'smi-metrics-milli',
      'quantities with suffixes: fractions as thousandths (10m), large counts as k',
      (planned) => ({
        kind: 'value',
        change: (samples) => samples.map(({ labels, value }) => ({ labels, value: value * numberOf(planned, 'factor', 1.0001) })),
      }),
      (random) => ({ factor: oneOf(random, [1.0001, 100]) }),
    ),
  ),
  trafficMetrics(
    'smi-metrics-without',
    'one of the counts is missing',
    (planned) => ({ kind: 'without', metric: textOf(planned, 'metric', 'success_count') }),
    (random) => ({ metric: oneOf(random, ['success_count', 'failure_count']) }),
  ),
  trafficMetrics('smi-metrics-stranger', 'the object is of another workload than was asked for', () => ({
    kind: 'stranger',
    name: 'other',
  })),
  trafficMetrics('smi-metrics-garbage', 'the answer is no JSON', () => ({ kind: 'garbage' })),
  trafficMetrics('smi-metrics-truncated', 'the connection breaks in the middle of the answer', () => ({ kind: 'truncated' })),
];

function silenceOf(planned: PlannedFault): 'emptyList' | 'zeroes' | 'notFound' {
  const silence = textOf(planned, 'silence', 'emptyList');
  return silence === 'zeroes' || silence === 'notFound' ? silence : 'emptyList';
}

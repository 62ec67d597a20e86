import type { Run } from '../play/run.ts';
import { subject } from './kit.ts';
import { canaryPods, checksOf, later, onceAt, onceIn, release, successRate, tell } from './story.ts';

/** What a release is judged by: latency, silence, a Prometheus that is away, TrafficMetrics, the bake. */

const p99 = (more: Readonly<Record<string, unknown>> = {}) => ({
  ...successRate({ name: 'p99', thresholdRange: { max: 500 }, provider: { prometheus: { builtin: 'p99' } } }),
  ...more,
});

const trafficMetric = (value: string, thresholdRange: Readonly<Record<string, number>>) =>
  successRate({ name: value.toLowerCase(), thresholdRange, provider: { trafficMetrics: { value, resource: 'deployments' } } });

/** Gives what brings it back. */
const prometheusDown = (run: Run): (() => void) => run.sandbox.metrics?.prometheus.faults.add({ kind: 'down' }) ?? (() => {});

/** The pods of the canary turn bad. */
function turnBad(run: Run): void {
  for (const name of canaryPods(run)) run.sandbox.faults.behave({ namespace: subject.namespace, name }, { 'error-rate': '0.5' });
}

export const verdicts = [
  tell({
    ...{
      name: 'slow',
      isUnpinned: true,
      lengthMs: 150_000,
      text: 'a version whose 99th percentile is too high is rolled back, in the words of Traefik Mesh',
    },
    ...{ mesh: 'traefik-mesh', checks: checksOf(successRate(), p99()) },
    act: (run) => release(run, { image: 'web:2', latencyMs: '100-2600' }),
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{ name: 'silence', text: 'without any traffic nothing is promoted, and a person is asked', perSecond: 0 },
    // biome-ignore lint/suspicious/noThenProperty: the contract's name; nothing awaits a metric
    checks: checksOf(successRate({ noData: { action: 'Wait', timeout: '40s', then: 'Inconclusive' } })),
    act: (run) => release(run, { image: 'web:2' }),
    ending: { phases: ['Paused'] },
  }),
  tell({
    ...{ name: 'prometheus-away', text: 'Prometheus is away in mid-step for half a minute: no verdict either way, and it goes on' },
    act(run) {
      release(run, { image: 'web:2' });
      onceAt(run, 20, () => later(run, 30_000, prometheusDown(run)));
    },
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
  tell({
    ...{ name: 'prometheus-gone', text: 'Prometheus stays away beyond the limit of errors: rolled back' },
    checks: checksOf(successRate({ consecutiveErrorLimit: 2 })),
    act(run) {
      release(run, { image: 'web:2' });
      // However long the canary takes to come back to its weight, where a fault takes that away: it must meet it.
      onceAt(run, 20, () => onceIn(run, 'RolledBack', prometheusDown(run)));
    },
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{ name: 'traffic-metrics', text: 'SMI TrafficMetrics judge a good version' },
    checks: checksOf(trafficMetric('successRate', { min: 0.95 }), trafficMetric('p99', { max: 500 })),
    act: (run) => release(run, { image: 'web:2' }),
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
  tell({
    ...{ name: 'traffic-metrics-bad', text: 'SMI TrafficMetrics judge a bad version' },
    checks: checksOf(trafficMetric('successRate', { min: 0.95 })),
    act: (run) => release(run, { image: 'web:2', errorRate: 0.3 }),
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{ name: 'bake', isUnpinned: true, text: 'a version turns bad with all traffic: the bake fails, and stable is still warm' },
    ...{ analysis: null, steps: [{ setWeight: 50 }] },
    canary: { afterPromotion: { duration: '60s', analysis: { templates: [{ name: 'checks' }] } } },
    act(run) {
      release(run, { image: 'web:2' });
      onceAt(run, 100, () => turnBad(run));
    },
    ending: { phases: ['RolledBack'], image: 'web:1' },
  }),
  tell({
    ...{ name: 'step-analysis', text: 'a step that is an analysis of its own judges before the next weight, and the bake at the end' },
    analysis: null,
    steps: [{ setWeight: 30 }, { analysis: { templates: [{ name: 'checks' }] } }],
    checks: checksOf(successRate({ count: 2 })),
    canary: { afterPromotion: { duration: '20s' } },
    act: (run) => release(run, { image: 'web:2' }),
    ending: { phases: ['Healthy'], image: 'web:2' },
  }),
];

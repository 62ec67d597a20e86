// The same as kinds.cases.ts, for Decisions and templates.
import type { BadInput, Members } from './kinds.cases.ts';
import { absent, changed, same } from './kinds.cases.ts';

export const goodDecision = (): Members => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Decision',
  metadata: { name: 'web-1', namespace: 'default' },
  spec: {
    rollout: { name: 'web', uid: '0b6b7e6e-0000-4000-8000-000000000000' },
    revision: '7c9d2f41aa',
    attempt: 1,
    action: 'Approve',
    gate: 'qa',
    subject: 'admin',
    channel: 'kubectl',
  },
});

const decision = (changes: Readonly<Record<string, unknown>>): Members => changed(goodDecision(), changes);

export const badDecisions: readonly BadInput[] = [
  { name: 'approval without gate', object: decision({ 'spec.gate': absent }), paths: ['spec.gate'], server: 'spec' },
  {
    name: 'rejection without gate',
    object: decision({ 'spec.action': 'Reject', 'spec.gate': absent }),
    paths: ['spec.gate'],
    server: 'spec',
  },
  { name: 'abort of a gate', object: decision({ 'spec.action': 'Abort' }), ...same('spec.gate') },
  { name: 'unknown action', object: decision({ 'spec.action': 'Pause' }), ...same('spec.action') },
  { name: 'undoTo of another action', object: decision({ 'spec.undoTo': 'abc' }), ...same('spec.undoTo') },
  { name: 'no subject', object: decision({ 'spec.subject': absent }), ...same('spec.subject') },
  { name: 'no uid', object: decision({ 'spec.rollout': { name: 'web' } }), ...same('spec.rollout.uid') },
  { name: 'attempt of 0', object: decision({ 'spec.attempt': 0 }), ...same('spec.attempt') },
  { name: 'unknown channel', object: decision({ 'spec.channel': 'email' }), ...same('spec.channel') },
];

export const goodTemplate = (kind: 'AnalysisTemplate' | 'ClusterAnalysisTemplate' | 'AnalysisRun' = 'AnalysisTemplate'): Members => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind,
  metadata: { name: 'success-rate', ...(kind === 'ClusterAnalysisTemplate' ? {} : { namespace: 'default' }) },
  spec: {
    args: [
      { name: 'window', value: '1m' },
      { name: 'token', valueFrom: { secretKeyRef: { name: 'prom', key: 'token' } } },
    ],
    metrics: [
      {
        name: 'success-rate',
        interval: '30s',
        initialDelay: '30s',
        count: 5,
        thresholdRange: { min: 0.99 },
        failureLimit: 0,
        inconclusiveLimit: 0,
        consecutiveErrorLimit: 4,
        consecutiveSuccessLimit: 3,
        minRequests: 100,
        // biome-ignore lint/suspicious/noThenProperty: the contract's name; nothing awaits a metric
        noData: { action: 'Wait', timeout: '5m', then: 'Inconclusive' },
        dryRun: false,
        provider: { trafficMetrics: { value: 'successRate', resource: 'deployments', window: '1m' } },
      },
    ],
  },
});

const metric = (changes: Readonly<Record<string, unknown>>): Members =>
  changed(goodTemplate(), Object.fromEntries(Object.entries(changes).map(([path, value]) => [`spec.metrics.0.${path}`, value])));

export const badTemplates: readonly BadInput[] = [
  { name: 'no metrics', object: changed(goodTemplate(), { 'spec.metrics': [] }), ...same('spec.metrics') },
  {
    name: 'two metrics of one name',
    object: changed(goodTemplate(), {
      'spec.metrics.1': { name: 'success-rate', thresholdRange: { min: 1 }, provider: { trafficMetrics: { value: 'p99' } } },
    }),
    paths: ['spec.metrics[1].name'],
    server: 'spec.metrics[1]',
  },
  {
    name: 'count of 0',
    object: metric({ count: 0, consecutiveSuccessLimit: absent, failureLimit: absent }),
    paths: ['spec.metrics[0].count', 'spec.metrics[0].failureLimit'],
    server: 'spec.metrics[0].count',
  },
  { name: 'count without interval', object: metric({ interval: absent }), ...same('spec.metrics[0].count') },
  { name: 'interval below a second', object: metric({ interval: '500ms' }), ...same('spec.metrics[0].interval') },
  { name: 'a negative limit', object: metric({ failureLimit: -1 }), ...same('spec.metrics[0].failureLimit') },
  { name: 'failureLimit of count', object: metric({ failureLimit: 5 }), ...same('spec.metrics[0].failureLimit') },
  {
    name: 'consecutiveSuccessLimit above count',
    object: metric({ consecutiveSuccessLimit: 6 }),
    ...same('spec.metrics[0].consecutiveSuccessLimit'),
  },
  { name: 'two criteria', object: metric({ successCondition: 'result > 1' }), ...same('spec.metrics[0]') },
  { name: 'no criterion', object: metric({ thresholdRange: absent }), ...same('spec.metrics[0]') },
  { name: 'an empty range', object: metric({ thresholdRange: {} }), ...same('spec.metrics[0].thresholdRange') },
  { name: 'min above max', object: metric({ thresholdRange: { min: 2, max: 1 } }), ...same('spec.metrics[0].thresholdRange') },
  { name: 'no provider', object: metric({ provider: {} }), ...same('spec.metrics[0].provider') },
  {
    name: 'two providers',
    object: metric({ 'provider.prometheus': { query: 'up' }, minRequests: absent }),
    ...same('spec.metrics[0].provider'),
  },
  {
    name: 'query and builtin',
    object: metric({ provider: { prometheus: { query: 'up', builtin: 'p99' } }, minRequests: absent }),
    ...same('spec.metrics[0].provider.prometheus'),
  },
  {
    name: 'minRequests without a count',
    object: metric({ provider: { prometheus: { query: 'up' } } }),
    ...same('spec.metrics[0].minRequests'),
  },
];

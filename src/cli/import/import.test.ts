import { describe, expect, test } from 'vitest';
import { type Ran, runWith } from '../testing/bench.ts';

type Made = Readonly<Record<string, unknown>> & { readonly spec: Readonly<Record<string, unknown>> };

const imported = async (text: string): Promise<Ran & { readonly items: readonly Made[]; readonly lines: readonly string[] }> => {
  const ran = await runWith(['import', '-f', '-', '-o', 'json'], { stdin: text });
  const items = ran.out === '' ? [] : (JSON.parse(ran.out) as { items: Made[] }).items;
  return { ...ran, items, lines: ran.err.trimEnd().split('\n') };
};

const argo = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: shop, labels: {team: a}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web, scaleDown: onsuccess}
  progressDeadlineSeconds: 300
  minReadySeconds: 5
  strategy:
    canary:
      canaryService: web-canary
      stableService: web
      trafficRouting: {smi: {rootService: web-root, trafficSplitName: web-split}}
      dynamicStableScale: true
      abortScaleDownDelaySeconds: 60
      analysis:
        startingStep: 3
        templates: [{templateName: success, clusterScope: true}]
        args: [{name: path, value: /}, {name: hash, valueFrom: {podTemplateHashValue: Latest}}]
      steps:
      - setWeight: 10
      - pause: {duration: 30}
      - setHeaderRoute: {name: x}
      - pause: {}
      - setCanaryScale: {replicas: 2}
      - analysis: {templates: [{templateName: smoke}]}
      - setWeight: 50
      - pause: {duration: 5m}
`;

describe('a Rollout of Argo Rollouts', () => {
  test('becomes one of ours that is valid, with the same meaning', async () => {
    const { code, items } = await imported(argo);
    expect(code).toBe(0);
    expect(items).toEqual([
      {
        ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', metadata: { name: 'web', namespace: 'shop' } },
        spec: {
          ...{ workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, replicas: 3, service: { name: 'web-root' } },
          traffic: { smi: { splitName: 'web-split' } },
          strategy: {
            canary: {
              steps: [
                { setWeight: 10 },
                { pause: { duration: '30s' } },
                { pause: {} },
                { setCanaryScale: { replicas: 2 } },
                { analysis: { templates: [{ name: 'smoke' }] } },
                { setWeight: 50 },
                { pause: { duration: '5m' } },
              ],
              analysis: {
                ...{ templates: [{ name: 'success', clusterScope: true }], args: [{ name: 'path', value: '/' }] },
                ...{ startingStep: 2, evidence: 'Running' },
              },
              ...{ scaleDownDelay: '30s', abortScaleDownDelay: '60s' },
            },
          },
          ...{ progressDeadline: '300s', progressDeadlineAction: 'Report' },
        },
      },
    ]);
  });

  test('every field that is lost is named, with the reason', async () => {
    const { lines } = await imported(argo);
    expect(lines.map((line) => line.replace('stdin: Rollout web: ', '').replace(/: .*/, ''))).toEqual([
      'spec.strategy.canary.analysis.args[1].valueFrom',
      'spec.strategy.canary.analysis',
      'spec.workloadRef.scaleDown',
      'spec.minReadySeconds',
      'spec.strategy.canary.canaryService',
      'spec.strategy.canary.dynamicStableScale',
      'spec.strategy.canary.steps[2]',
    ]);
    expect(lines).toContain('stdin: Rollout web: spec.strategy.canary.canaryService: each revision has a Service of its own');
    expect((await runWith(['import', '-f', '-', '--strict'], { stdin: argo })).code).toBe(1);
  });

  test('a blue-green one is refused, and says what to write', async () => {
    const { code, items, err } = await imported(
      'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec: {strategy: {blueGreen: {activeService: web}}}\n',
    );
    expect([code, items]).toEqual([1, []]);
    expect(err).toMatch(/^stdin: Rollout web: not imported: has no canary strategy: .*setWeight: 100/);
  });
});

describe('an AnalysisTemplate of Argo Rollouts', () => {
  test('keeps its limits, its query and its conditions, in CEL', async () => {
    const { code, items, lines } = await imported(`apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata: {name: success}
spec:
  args: [{name: service}, {name: token, valueFrom: {secretKeyRef: {name: s, key: k}}}]
  dryRun: [{metricName: lat.*}]
  metrics:
  - name: success
    interval: 1m
    count: 5
    failureLimit: 2
    consecutiveSuccessLimit: 0
    successCondition: len(result) == 0 || result[0] >= 0.95
    provider:
      prometheus: {address: "http://prometheus.example.com:9090", query: "sum(rate(x{s=\\"{{args.service}}\\"}[2m]))", timeout: 40, insecure: true}
  - name: latency
    failureCondition: asFloat(result.p99) > 500
    provider: {web: {url: "https://example.com/x", timeoutSeconds: 5, jsonPath: "{$.data}", headers: [{key: A, value: "{{args.token}}"}]}}
  - name: job
    provider: {job: {spec: {}}}
`);
    expect(code).toBe(0);
    expect(items[0]).toEqual({
      ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'ClusterAnalysisTemplate', metadata: { name: 'success' } },
      spec: {
        args: [{ name: 'service' }, { name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
        metrics: [
          {
            ...{ name: 'success', interval: '1m', count: 5, failureLimit: 2, successCondition: 'result >= 0.95' },
            provider: {
              prometheus: {
                address: 'http://prometheus.example.com:9090',
                query: 'sum(rate(x{s="{{args.service}}"}[2m]))',
                timeout: '40s',
              },
            },
          },
          {
            ...{ name: 'latency', failureCondition: 'double(result.p99) > 500', dryRun: true },
            provider: {
              web: { url: 'https://example.com/x', headers: [{ key: 'A', value: '{{args.token}}' }], jsonPath: '{$.data}', timeout: '5s' },
            },
          },
        ],
      },
    });
    expect(lines).toEqual([
      'stdin: ClusterAnalysisTemplate success: spec.metrics[0].provider.prometheus.insecure: certificates are always checked: tls.ca, tls.caSecretRef',
      'stdin: ClusterAnalysisTemplate success: spec.metrics[2]: has no counterpart',
    ]);
  });

  test('a condition that CEL cannot say is said, and what is not valid is to be put right', async () => {
    const { code, err } = await imported(`apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: a}
spec:
  metrics: [{name: m, successCondition: "all(result, {# > 1})", provider: {prometheus: {query: x}}}]
`);
    expect(code).toBe(1);
    expect(err).toMatch(/successCondition: is an expression of expr-lang that CEL does not have/);
    expect(err).toMatch(/AnalysisTemplate a: to be put right: spec.metrics\[0\].successCondition/);
  });
});

describe('a Canary of Flagger', () => {
  const flagger = `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: podinfo, namespace: test}
spec:
  provider: linkerd
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: podinfo}
  autoscalerRef: {kind: HorizontalPodAutoscaler, name: podinfo}
  progressDeadlineSeconds: 60
  service: {port: 9898, targetPort: http, gateways: [x]}
  analysis:
    interval: 30s
    threshold: 5
    maxWeight: 50
    stepWeight: 10
    metrics:
    - {name: request-success-rate, interval: 1m, thresholdRange: {min: 99}}
    - {name: request-duration, interval: 30s, thresholdRange: {max: 500}}
    - {name: errors, interval: 2m, templateRef: {name: errors}, thresholdRange: {max: 1}, templateVariables: {path: /x}}
    webhooks: [{name: gate, type: confirm-promotion, url: "http://x"}]
---
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: {name: errors, namespace: test}
spec:
  provider: {type: prometheus, address: "http://prometheus.example.com:9090"}
  query: sum(rate(x{app="{{ target }}",path="{{ variables.path }}"}[{{ interval }}]))
`;

  test('becomes a Rollout with its weights, and a template with its metrics', async () => {
    const { code, items, lines } = await imported(flagger);
    expect([code, items.map(({ kind, metadata }) => [kind, metadata])]).toEqual([
      0,
      [
        ['Rollout', { name: 'podinfo', namespace: 'test' }],
        ['AnalysisTemplate', { name: 'podinfo-analysis', namespace: 'test' }],
      ],
    ]);
    expect(items[0]?.spec).toEqual({
      workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      service: { name: 'podinfo', ports: [{ name: 'http', port: 9898, targetPort: 'http' }] },
      traffic: { smi: { provider: 'linkerd' } },
      strategy: { canary: { stepWeight: 10, maxWeight: 50, interval: '30s', analysis: { templates: [{ name: 'podinfo-analysis' }] } } },
      progressDeadline: '60s',
    });
    const common = { interval: '30s', failureLimit: 4 };
    expect(items[1]?.spec).toEqual({
      args: [
        { name: 'window', value: '2m' },
        { name: 'path', value: '/x' },
      ],
      metrics: [
        { name: 'request-success-rate', ...common, thresholdRange: { min: 0.99 }, provider: { prometheus: { builtin: 'successRate' } } },
        { name: 'request-duration', ...common, thresholdRange: { max: 500 }, provider: { prometheus: { builtin: 'p99' } } },
        {
          ...{ name: 'errors', ...common, thresholdRange: { max: 1 } },
          provider: {
            prometheus: {
              address: 'http://prometheus.example.com:9090',
              query: 'sum(rate(x{app="{{args.canaryWorkload}}",path="{{args.path}}"}[{{args.window}}]))',
            },
          },
        },
      ],
    });
    expect(lines.map((line) => line.replace('stdin (document 1): Canary podinfo: ', '').replace(/: .*/, ''))).toEqual([
      'spec.analysis.threshold',
      'spec.service.port',
      'spec.autoscalerRef',
      'spec.service.gateways',
      'spec.analysis.webhooks',
    ]);
  });

  test('without its MetricTemplate the metric is left out, and named', async () => {
    const { items, err } = await imported(flagger.slice(0, flagger.indexOf('---')));
    expect(items[1]?.spec.metrics).toHaveLength(2);
    expect(err).toContain('spec.analysis.metrics[2]: MetricTemplate errors is not among the files: the metric is left out');
  });

  test('what switches at once, or targets no Deployment, is refused', async () => {
    expect((await imported(flagger.replace('stepWeight: 10', 'iterations: 10'))).err).toMatch(
      /not imported: has neither stepWeight nor stepWeights/,
    );
    expect((await imported(flagger.replace('kind: Deployment', 'kind: DaemonSet'))).err).toMatch(/not imported: its target is a DaemonSet/);
  });
});

test.each([
  [['import'], 2, /-f FILE: is required/],
  [['import', '-f', '-'], 2, /nothing of Flagger or Argo Rollouts is in these files/],
])('%j exits with %i', async (args, code, err) => {
  expect(await runWith(args, { stdin: 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\n' })).toMatchObject({
    ...{ code, out: '' },
    err: expect.stringMatching(err) as string,
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ReasonCode } from '../../core/index.ts';
import { goodQuality } from './quality.ts';
import type { Report } from './report.ts';
import { problemsOf, reportOn, rolloutYaml, successRate, templateYaml, watched } from './testing/rollouts.ts';

const steps = ['setWeight: 20', 'pause: {duration: 30s}', 'setWeight: 60', 'pause: {duration: 30s}'];
const rollout = rolloutYaml({ steps, canary: [watched] });
const template = templateYaml([successRate()]);
const reasonsOf = ({ warnings }: Report): readonly ReasonCode[] => warnings.map(({ reason }) => reason);
const messagesOf = ({ warnings }: Report): string => warnings.map(({ reason, message }) => `${reason}: ${message}`).join('\n');

describe('what comes of a release', () => {
  test('a bad one is rolled back in all seeds, a good one promoted in all; the same seeds give the same report, alone or together', async () => {
    const report = await reportOn([rollout, template], { seeds: 3 });
    expect(report.release?.endings).toEqual({ promoted: 0, rolledBack: 3, undecided: 0 });
    expect(report.good.endings).toEqual({ promoted: 3, rolledBack: 0, undecided: 0 });
    expect(report.release?.caught).toMatchObject({
      seeds: 3,
      at: [{ weight: 20, seeds: 3 }],
      by: [{ reason: 'AnalysisFailed', metrics: ['success-rate'], seeds: 3 }],
    });
    const { failed, reached, lost } = report.release?.requests ?? {};
    expect(failed?.median).toBeGreaterThan(50);
    expect((failed?.median ?? 0) / (reached?.median ?? 1)).toBeCloseTo(0.3, 1);
    expect([lost?.worst, report.good.requests.lost.worst, report.good.requests.failed.worst]).toEqual([0, 0, 0]);
    expect(report.good.promotedAfterSeconds?.median).toBeGreaterThan(60);
    expect(reasonsOf(report)).toEqual([]);
    const again = await reportOn([rollout, template], { seeds: 2, firstSeed: 2 });
    expect(JSON.stringify(again.runs)).toBe(JSON.stringify(report.runs.slice(1)));
  });

  test('what examples/ holds catches what fails three requests of ten, at the first weight', async () => {
    const texts = ['rollout', 'analysis', 'app'].map((name) => readFileSync(`examples/${name}.yaml`, 'utf8'));
    const report = await reportOn(texts);
    expect([report.release?.endings.rolledBack, report.good.endings.promoted]).toEqual([2, 2]);
    expect(report.release?.caught?.at.every(({ weight }) => weight === 10)).toBe(true);
    expect(reasonsOf(report)).toEqual([]);
  });

  test('fewer errors than the threshold allows are let through', async () => {
    const { release } = await reportOn([rollout, template], { bad: { errorRate: 0.005 }, perSecond: 1_000, seeds: 3 });
    expect(release?.endings.promoted).toBeGreaterThanOrEqual(2);
  });

  test('a slow one is caught by its latency', async () => {
    const latency = '{name: p99, interval: 5s, thresholdRange: {max: 500}, provider: {prometheus: {builtin: p99}}}';
    const { release } = await reportOn([rollout, templateYaml([successRate(), latency])], { bad: { p99Ms: 2_000 } });
    expect(release?.caught?.by).toEqual([{ reason: 'AnalysisFailed', metrics: ['p99'], seeds: 2 }]);
  });

  test('one that crashes, or never becomes ready, never gets traffic for long; the requests that it costs are its own', async () => {
    const short = rollout.replace('strategy:', 'progressDeadline: 1m\n  strategy:');
    for (const bad of [{ isCrashLooping: true }, { isNeverReady: true }]) {
      const { release } = await reportOn([short, template], { bad, seeds: 1 });
      expect(release?.endings.rolledBack).toBe(1);
      expect(['ProgressDeadlineExceeded', 'CanaryUnavailable']).toContain(release?.caught?.by[0]?.reason);
      expect(release?.requests.lost.worst).toBe(0);
    }
  });

  test('a release as good as stable is played alone; with errors of its own it may be rolled back by mistake', async () => {
    const report = await reportOn([rollout, template], { release: 'stable', stable: { ...goodQuality, errorRate: 0.02 } });
    expect([report.release, report.runs[0]?.release]).toEqual([null, null]);
    expect(report.good.endings.rolledBack).toBe(2);
  });

  test('an open pause is resumed, a gate approved, a template of the Rollout itself is released, its Service is made', async () => {
    const own = rolloutYaml({ steps: ['setWeight: 20', 'pause: {}', 'gate: {name: qa}'], canary: [watched] })
      .replace('workloadRef: {name: web}', 'template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: web}]}}')
      .replace(
        'service: {name: web}',
        'service: {name: web, ports: [{port: 80, targetPort: 8080}]}\n  windows: [{kind: Deny, schedule: "0 0 * * *", duration: 24h}]',
      );
    const report = await reportOn([own, template], { seeds: 1 });
    expect(report.good.endings.promoted).toBe(1);
    expect(report.assumptions.join('; ')).toMatch(
      /each gate is approved after 10s.*resumes each open pause after 10s.*change windows are left out/,
    );
  });

  test.each(['traefik-mesh', 'osm', 'istio', 'consul', 'nginx', 'generic'])('on %s, its metrics say the same', async (provider) => {
    const report = await reportOn([rolloutYaml({ steps, canary: [watched], provider }), template], { seeds: 1 });
    expect([report.mesh, report.release?.endings.rolledBack, report.good.endings.promoted]).toEqual([provider, 1, 1]);
  });

  test('hours of pauses are skimmed: the release takes as long as they are, and what fails late is found', async () => {
    const long = rolloutYaml({ steps: ['setWeight: 20', 'pause: {duration: 6h}'], canary: [watched] });
    const report = await reportOn([long, templateYaml([successRate().replace('5s', '30s')], '1m')], { seeds: 1 });
    expect(report.good.promotedAfterSeconds?.median).toBeGreaterThan(6 * 3_600);
    expect(report.good.promotedAfterSeconds?.median).toBeLessThan(6 * 3_600 + 120);
    // Two failed of some 600 are far from one percent; seven are not, and come by chance once in some hours.
    const unlucky = await reportOn([long, templateYaml([successRate().replace('5s', '30s')], '1m')], {
      ...{ release: 'stable', stable: { ...goodQuality, errorRate: 0.0035 }, perSecond: 50, seeds: 3 },
    });
    const late = unlucky.runs.filter(({ good }) => good.caught !== null && good.afterSeconds > 1_800);
    expect(late.length).toBeGreaterThan(0);
    expect(late.every(({ good }) => good.caught?.metrics[0] === 'success-rate')).toBe(true);
  });
});

describe('what a Rollout could not catch', () => {
  test('nothing passes in silence: without traffic nobody is promoted, and it is said why', async () => {
    const report = await reportOn([rollout, templateYaml([successRate(', noData: {timeout: 30s}')])], { perSecond: 0, seeds: 1 });
    expect([report.good.endings.promoted, report.release?.endings.promoted]).toEqual([0, 0]);
    expect(reasonsOf(report)).toEqual(expect.arrayContaining(['MinRequestsUnreachable', 'UndecidedForever', 'MetricSilent']));
  });

  test('a window longer than its step', async () => {
    const report = await reportOn([rollout, templateYaml([successRate()], '2m')], { seeds: 1 });
    expect(messagesOf(report)).toContain(
      'WindowLongerThanStep: metric "success-rate" looks back 2m, and 2 steps, first 20 % (step 1) lasts 30s: its window is cut',
    );
    const literal =
      '{name: literal, interval: 5s, thresholdRange: {min: 0.99}, provider: {prometheus: {query: "sum(rate(response_total[2m])) * 0 + 1"}}}';
    const waits = await reportOn([rollout, templateYaml([literal])], { seeds: 1 });
    expect(messagesOf(waits)).toContain('the step takes 2m instead');
    expect(waits.good.promotedAfterSeconds?.median).toBeGreaterThan(240);
  });

  test('a metric of nobody is named with its query and what can be done, and the rest goes on without it', async () => {
    const metrics = [
      successRate(),
      '{name: orders, interval: 5s, thresholdRange: {min: 1}, provider: {prometheus: {query: "sum(rate(orders_total[1m]))"}}}',
      '{name: istio, interval: 5s, thresholdRange: {min: 1}, provider: {prometheus: {query: "sum(rate(istio_requests_total[1m]))"}}}',
      '{name: broken, interval: 5s, thresholdRange: {min: 1}, provider: {prometheus: {query: "sum(rate(response_total[1m])"}}}',
      '{name: hook, interval: 5s, thresholdRange: {min: 1}, provider: {web: {url: "https://hooks.example/x", jsonPath: "$.a"}}}',
    ];
    const report = await reportOn([rollout, templateYaml(metrics)], { seeds: 1 });
    expect(report.warnings.map(({ reason, metric }) => `${reason} ${metric}`)).toEqual([
      'MetricUnknown hook',
      'QueryRefused broken',
      'MetricUnknown orders',
      'MetricUnknown istio',
    ]);
    expect(messagesOf(report)).toMatch(
      /orders_total, which the simulated linkerd does not expose; it is left out. The query: sum\(rate\(orders_total\[1m\]\)\)/,
    );
    expect(messagesOf(report)).toMatch(/istio would: see --mesh/);
    expect(messagesOf(report)).toMatch(/1:29: parse error: unclosed left parenthesis/);
    expect([report.release?.endings.rolledBack, report.good.endings.promoted]).toEqual([1, 1]);
  });

  test('a label that no series has is named', async () => {
    const labels =
      '{name: labels, interval: 5s, noData: {timeout: 20s}, thresholdRange: {min: 1}, provider: {prometheus: {query: "sum(rate(response_total{app=\\"web\\"}[20s]))"}}}';
    const report = await reportOn([rollout, templateYaml([labels])], { seeds: 1, release: 'stable' });
    expect(messagesOf(report)).toMatch(/MetricSilent: metric "labels".*no series of response_total has app="web"/);
    expect(reasonsOf(report)).toContain('UndecidedForever');
  });
});

describe('what cannot be played', () => {
  test('everything that is wrong is said at once, with its place', async () => {
    expect(await problemsOf(['a: [1\n', 'kind: Rollout\n', '- 1\n'])).toEqual([
      expect.stringMatching(/^1.yaml: .* at line 2, column 1$/),
      '2.yaml: apiVersion: is required',
      '2.yaml: metadata.name: is required',
      '3.yaml: is no Kubernetes object',
    ]);
    const wrong = rollout.replace('setWeight: 20', 'setWeight: 120').replace('replicas: 2', 'replica: 2');
    expect(await problemsOf([wrong, template])).toEqual([
      '1.yaml: Rollout web: spec.strategy.canary.steps[0].setWeight: must be at most 100',
      expect.stringContaining('1.yaml: Rollout web: spec.replica: is not known'),
    ]);
    expect(await problemsOf([rollout])).toEqual([
      '1.yaml: Rollout web: spec.strategy.canary.analysis.templates[0]: no AnalysisTemplate "checks" is given; add its file with -f',
    ]);
    expect(await problemsOf([rollout, rollout, template])).toEqual(['2.yaml: Rollout web is in 1.yaml already']);
  });

  test('of several Rollouts one has to be named', async () => {
    const other = rolloutYaml({ name: 'api', steps });
    expect(await problemsOf([rollout, other, template])).toEqual([
      'several Rollouts are given: shop/web, shop/api; choose one with --rollout NAME',
    ]);
    expect(await problemsOf([rollout, other, template], { rollout: 'nix' })).toEqual([
      'no Rollout is called nix; given: shop/web, shop/api',
    ]);
    expect(await problemsOf([template])).toEqual(['no Rollout is given among AnalysisTemplate checks: name its file with -f']);
  });

  test('a metric that could not be played is told of at the head, and one name that fits another object is a warning', async () => {
    const broken = templateYaml([
      successRate(),
      '{name: odd, interval: 5s, thresholdRange: {min: 1}, provider: {prometheus: {query: "sum(rte(a[5s]))"}}}',
    ]);
    const service =
      'apiVersion: v1\nkind: Service\nmetadata: {name: wbe, namespace: shop}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n';
    const report = await reportOn([rollout, broken, service], { seeds: 1 });
    expect(report.leftOut).toEqual(['odd']);
    expect(report.warnings.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['QueryRefused', 'InputUnused']));
    expect(report.warnings.find(({ reason }) => reason === 'InputUnused')?.message).toMatch(
      /Service wbe is not used: the Rollout names another/,
    );
  });

  test('what the API server refuses, or the controller cannot take over, is said in their words', async () => {
    const service =
      'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, clusterIP: None, ports: [{port: 80}]}\n';
    expect(await problemsOf([rollout, template, service], { seeds: 1 })).toEqual([
      expect.stringMatching(/^Rollout web does not even take over the app: .*ServiceUnsuitable/),
    ]);
  });
});

describe('clients outside the mesh', () => {
  const pinned = (provider: string, pin: string) =>
    rolloutYaml({ steps, canary: [watched], provider }).replace('service: {name: web}', `service: {name: web, pinSelector: ${pin}}`);

  test.each([
    ['linkerd', 'Always'],
    ['linkerd', 'Never'],
    ['istio', 'Always'],
    ['istio', 'Never'],
    ['traefik-mesh', 'Never'],
    ['osm', 'Never'],
    ['consul', 'Always'],
    ['nginx', 'Never'],
    ['generic', 'Always'],
  ])('keep no good release back on %s, and no bad one in the cluster; pinSelector %s', async (provider, pin) => {
    const report = await reportOn([pinned(provider, pin), template], { seeds: 1, perSecond: 50, unmeshedShare: 0.05 });
    expect([report.good.endings.promoted, report.release?.endings.rolledBack]).toEqual([1, 1]);
    expect(report.assumptions[0]).toBe('50 requests a second from clients of which 5 % are outside the mesh');
  });
});

import { describe, expect, test } from 'vitest';
import { resources } from '../../objects/index.ts';
import { aBench, type Bench, must, namespace } from '../../testing/bench.ts';

const draft = (spec: Readonly<Record<string, unknown>> = {}) => ({
  metadata: { namespace, name: 'web' },
  spec: {
    ...{ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: 20 },
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
    ...spec,
  },
});
const replicas = (bench: Bench) => bench.deployment('web').spec.replicas;
const conditions = (bench: Bench) => {
  const { status } = bench.sandbox.client.get(resources.autoscalers, { namespace, name: 'web' }) as {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[] };
  };
  return Object.fromEntries((status?.conditions ?? []).map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));
};

describe('an autoscaler', () => {
  test('scales up with what is used, and down only five minutes later', () => {
    let usage = 1;
    const bench = aBench({ usage: () => usage });
    bench.deploy({ name: 'web', replicas: 4 });
    must(bench.sandbox.client.create(resources.autoscalers, draft()));
    bench.run(60_000);
    expect(replicas(bench)).toBe(4);
    usage = 1.5;
    bench.run(10_000);
    expect(replicas(bench)).toBe(6);
    expect(conditions(bench)).toEqual({
      AbleToScale: 'True SucceededRescale',
      ScalingActive: 'True ValidMetricFound',
      ScalingLimited: 'False DesiredWithinRange',
    });
    usage = 0.5;
    bench.run(280_000);
    expect(replicas(bench)).toBe(6);
    bench.run(60_000);
    expect(replicas(bench)).toBeLessThanOrEqual(3);
    bench.run(600_000);
    expect(replicas(bench)).toBe(2);
  });

  test('looks as often, and waits as long, as it is told', () => {
    let usage = 1.5;
    const bench = aBench({ usage: () => usage, autoscaling: { periodMs: 1_000, steadyMs: 5_000 } });
    bench.deploy({ name: 'web', replicas: 4 });
    must(bench.sandbox.client.create(resources.autoscalers, draft({ maxReplicas: 8 })));
    bench.run(10_000);
    expect(replicas(bench)).toBe(8);
    usage = 0.5;
    bench.run(4_000);
    expect(replicas(bench)).toBe(8);
    bench.run(4_000);
    expect(replicas(bench)).toBe(4);
  });

  test('at most doubles, or adds four, in fifteen seconds, and stays within its bounds', () => {
    const bench = aBench({ usage: () => 10 });
    bench.deploy({ name: 'web', replicas: 2 });
    must(bench.sandbox.client.create(resources.autoscalers, draft({ maxReplicas: 15 })));
    const seen = [replicas(bench)];
    for (let second = 0; second < 120; second += 1) {
      bench.run(1_000);
      if (replicas(bench) !== seen.at(-1)) seen.push(replicas(bench));
    }
    expect(seen).toEqual([2, 6, 12, 15]);
    expect(conditions(bench).ScalingLimited).toBe('True TooManyReplicas');
  });

  test('leaves alone what is nearly right, what is at zero, and what it knows nothing of', () => {
    for (const [usage, count, active] of [
      [1.09, 4, 'True ValidMetricFound'],
      [undefined, 4, 'False FailedGetResourceMetric'],
      [5, 0, 'False ScalingDisabled'],
    ] as const) {
      const bench = aBench({ usage: () => usage });
      bench.deploy({ name: 'web', replicas: count });
      must(bench.sandbox.client.create(resources.autoscalers, draft()));
      bench.run(100_000);
      expect([replicas(bench), conditions(bench).ScalingActive]).toEqual([count, active]);
    }
  });

  test('says where it cannot scale', () => {
    const bench = aBench({ usage: () => 2 });
    must(bench.sandbox.client.create(resources.autoscalers, draft()));
    bench.run(20_000);
    expect(conditions(bench)).toEqual({ AbleToScale: 'False FailedGetScale' });
  });

  test('finds the scale of a custom kind by its definition', () => {
    const schema = {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { replicas: { type: 'integer' } } },
        status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' } } },
      },
    };
    const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' };
    const definition = {
      ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'fleets.example.dev' } },
      spec: {
        ...{
          group: 'example.dev',
          scope: 'Namespaced',
          names: { kind: 'Fleet', listKind: 'FleetList', plural: 'fleets', singular: 'fleet' },
        },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: { status: {}, scale } }],
      },
    };
    const bench = aBench({ usage: () => 2, api: { objects: [definition] } });
    bench.deploy({ name: 'web', replicas: 3 });
    const fleets = { group: 'example.dev', version: 'v1', plural: 'fleets', kind: 'Fleet', namespaced: true };
    const ref = { namespace, name: 'fleet' };
    must(bench.sandbox.client.create(fleets, { apiVersion: 'example.dev/v1', kind: 'Fleet', metadata: ref, spec: { replicas: 3 } }));
    must(bench.sandbox.client.patch(fleets, ref, { status: { replicas: 3, selector: 'app=web' } }, { subresource: 'status' }));
    bench.run(5_000);
    must(
      bench.sandbox.client.create(
        resources.autoscalers,
        draft({ scaleTargetRef: { apiVersion: 'example.dev/v1', kind: 'Fleet', name: 'fleet' } }),
      ),
    );
    bench.run(1_000);
    expect(bench.sandbox.client.get(fleets, ref)?.spec).toEqual({ replicas: 6 });
  });

  test('goes by the requests that pods answer, where nothing else is given', () => {
    const bench = aBench();
    const container = { name: 'app', image: 'example/app:1', ports: [{ containerPort: 8080 }], resources: { requests: { cpu: '200m' } } };
    bench.deploy({ name: 'web', replicas: 2, podSpec: { containers: [container] } });
    bench.service('web', { app: 'web' });
    must(bench.sandbox.client.create(resources.autoscalers, draft()));
    bench.run(10_000);
    // 60 requests a second of 10 millicores each are half of what six pods of 200 millicores have.
    bench.load({ rate: { kind: 'constant', perSecond: 60 } });
    bench.run(120_000);
    expect(replicas(bench)).toBe(6);
  });
});

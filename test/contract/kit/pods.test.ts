// What the sandbox's kubelet reads out of a pod, measured by what the test bed's kubelet reads.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { missingConfiguration } from '../../../src/sandbox/kubelet/environment.ts';
import { type ConfigMap, type Pod, type Secret, workloadOf } from '../../../src/sandbox/objects/index.ts';
import { behaviourOf, parseLatency } from '../../../src/sandbox/pods/index.ts';
import { latencyOf } from '../../cluster/kit/pod-server.ts';
import { annotatedNumber, deploymentOf, environmentOf, type Pod as KitPod } from '../../cluster/kit/pod-types.ts';

const metaOf = (name: string) => ({ name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1' });
const nameOf = fc.constantFrom('there', 'gone');
const optional = fc.option(fc.boolean(), { nil: undefined });
const defined = <T extends object>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const sourceOf = fc.record({ name: nameOf, optional });
const keyOf = fc.record({ name: nameOf, key: fc.constantFrom('there', 'gone'), optional });
const oneOf = <T>(map: string, secret: string, arbitrary: fc.Arbitrary<T>) =>
  fc.tuple(fc.boolean(), arbitrary).map(([isSecret, value]) => ({ [isSecret ? secret : map]: value }));
const podOf = fc
  .record({
    volumes: fc.array(
      fc.oneof(
        sourceOf.map((configMap) => ({ configMap })),
        fc.record({ secretName: nameOf, optional }).map((secret) => ({ secret })),
      ),
      { maxLength: 2 },
    ),
    envFrom: fc.array(oneOf('configMapRef', 'secretRef', sourceOf), { maxLength: 2 }),
    env: fc.array(
      oneOf('configMapKeyRef', 'secretKeyRef', keyOf).map((valueFrom) => ({ name: 'COLOR', valueFrom })),
      { maxLength: 2 },
    ),
  })
  .map(
    ({ volumes, envFrom, env }): Pod =>
      defined({
        ...{ apiVersion: 'v1', kind: 'Pod' as const, metadata: metaOf('web') },
        spec: { volumes, containers: [{ name: 'app', image: 'example/app:1', envFrom, env }] },
      }),
  );

const configMap: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: metaOf('there'), data: { there: 'yes' } };
const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata: metaOf('there'), data: { there: 'eWVz' } };

describe('a pod', () => {
  test('lacks the same configuration, for the same reason', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(podOf, (pod) => {
        const missing = missingConfiguration(pod, {
          configMap: (key) => (key === 'shop/there' ? configMap : undefined),
          secret: (key) => (key === 'shop/there' ? secret : undefined),
        });
        const [container] = pod.spec.containers;
        if (container === undefined) throw new Error('a container');
        const maps = new Map([['shop/there', configMap]]);
        const kit = environmentOf(pod as KitPod, container, maps, new Map([['shop/there', secret]]));
        seen.add(missing?.reason ?? 'none');
        expect(missing === undefined).toBe(kit.ok);
        if (!kit.ok) expect(missing?.reason).toBe(kit.reason);
      }),
      { numRuns: 1_000 },
    );
    expect([...seen].toSorted()).toEqual(['ContainerCreating', 'CreateContainerConfigError', 'none']);
  });

  test('is of the same workload', () => {
    const owner = fc.constantFrom('web-5d8f7c', 'web-canary-5d8f7c', 'web', undefined);
    fc.assert(
      fc.property(owner, fc.constantFrom('5d8f7c', 'other', undefined), (name, hash) => {
        const pod = defined({
          metadata: {
            ...metaOf('web-5d8f7c-abcde'),
            labels: { 'pod-template-hash': hash },
            ownerReferences:
              name === undefined ? undefined : [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: 'u', controller: true }],
          },
        }) as unknown as Pod;
        expect(workloadOf(pod)).toBe(deploymentOf(pod as unknown as KitPod));
      }),
    );
  });

  test('behaves as the same annotations say', () => {
    const numbers = [
      ['error-rate', 'errorRate'],
      ['error-code', 'errorCode'],
      ['start-delay-ms', 'startDelayMs'],
      ['crash-after-ms', 'crashAfterMs'],
      ['crash-after-requests', 'crashAfterRequests'],
      ['crash-backoff-ms', 'crashBackOffMs'],
      ['unready-after-ms', 'unreadyAfterMs'],
      ['shutdown-grace-ms', 'shutdownGraceMs'],
    ] as const;
    for (const [annotation, field] of numbers)
      for (const text of ['0', '7', '0.5', 'much', undefined]) {
        const annotations = text === undefined ? {} : { [`bed.sluice.dev/${annotation}`]: text };
        const pod = { metadata: { ...metaOf('web'), annotations }, spec: { containers: [] } } as unknown as Pod;
        const usual = behaviourOf({ ...pod, metadata: metaOf('web') }, undefined)[field];
        expect(behaviourOf(pod, undefined)[field], `${annotation}: ${text}`).toBe(
          annotatedNumber(pod as unknown as KitPod, annotation) ?? usual,
        );
      }
  });

  test('is as slow as the same text says', () => {
    for (const text of ['0', '40', '40-200', '5-5']) {
      const drawn = Array.from({ length: 200 }, () => latencyOf(text));
      const latency = parseLatency(text);
      const [least, most] =
        latency?.kind === 'uniform' ? [latency.fromMs, latency.toMs] : latency?.kind === 'fixed' ? [latency.ms, latency.ms] : [];
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(least ?? Number.NaN);
      expect(Math.max(...drawn)).toBeLessThanOrEqual(most ?? Number.NaN);
    }
  });
});

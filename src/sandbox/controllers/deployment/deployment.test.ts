import { describe, expect, test } from 'vitest';
import { resources } from '../../objects/index.ts';
import { aBench, type Bench } from '../../testing/bench.ts';

const image = (name: string) => ({
  spec: { template: { spec: { containers: [{ name: 'app', image: name, ports: [{ name: 'http', containerPort: 8080 }] }] } } },
});
const conditionOf = (bench: Bench, type: string) =>
  bench.deployment('web').status?.conditions?.find((condition) => condition.type === type);
const countsOf = (bench: Bench) => {
  const { replicas, updatedReplicas, readyReplicas, availableReplicas } = bench.deployment('web').status ?? {};
  return { replicas, updatedReplicas, readyReplicas, availableReplicas };
};
const all = (count: number) => ({ replicas: count, updatedReplicas: count, readyReplicas: count, availableReplicas: count });

describe('a Deployment', () => {
  test('gets its pods, and says when it is available', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 3 });
    bench.run(300);
    expect(conditionOf(bench, 'Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
    expect(conditionOf(bench, 'Progressing')).toMatchObject({ status: 'True' });
    bench.run(5_000);
    expect(countsOf(bench)).toEqual(all(3));
    expect(conditionOf(bench, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
    expect(conditionOf(bench, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    const { metadata, status } = bench.deployment('web');
    expect(status?.observedGeneration).toBe(metadata.generation);
  });

  test('of three rolls over with maxUnavailable 0 without losing a request', () => {
    const bench = aBench();
    bench.deploy({
      name: 'web',
      replicas: 3,
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    });
    bench.service('web', { app: 'web' });
    bench.run(5_000);
    bench.load();
    const fewest: number[] = [];
    bench.patch(resources.deployments, 'web', image('example/app:2'));
    for (let second = 0; second < 300; second += 1) {
      bench.run(100);
      fewest.push(bench.readyPods('web'));
    }
    expect(Math.min(...fewest)).toBe(3);
    expect(countsOf(bench)).toEqual(all(3));
    expect(new Set(bench.pods('web').map(({ spec }) => spec.containers[0]?.image))).toEqual(new Set(['example/app:2']));
    expect(bench.sandbox.oracle.totals()).toMatchObject({ sent: 1_500, lost: 0 });
  });

  test('never has more pods than its surge allows, nor fewer than it may miss', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 10, spec: { strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } } } });
    bench.run(5_000);
    bench.patch(resources.deployments, 'web', image('example/app:2'));
    for (let step = 0; step < 400; step += 1) {
      bench.run(25);
      const wanted = bench.replicaSets('web').reduce((sum, { spec }) => sum + spec.replicas, 0);
      expect(wanted).toBeLessThanOrEqual(13);
      expect(bench.readyPods('web')).toBeGreaterThanOrEqual(8);
    }
    bench.run(10_000);
    expect(countsOf(bench)).toEqual(all(10));
  });

  test('numbers its revisions, and goes back to a known template with its old ReplicaSet', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 1 });
    bench.run(3_000);
    const first = bench.replicaSets('web')[0]?.metadata.name;
    bench.patch(resources.deployments, 'web', image('example/app:2'));
    bench.run(5_000);
    bench.patch(resources.deployments, 'web', image('example/app:1'));
    bench.run(5_000);
    const sets = bench.replicaSets('web');
    expect(sets).toHaveLength(2);
    const current = sets.find(({ spec }) => spec.replicas === 1);
    expect(current?.metadata.name).toBe(first);
    expect(current?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    expect(current?.metadata.labels?.['pod-template-hash']).toBe(first?.replace('web-', ''));
  });

  test('keeps as many old ReplicaSets as it is told to', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 1, spec: { revisionHistoryLimit: 1 } });
    for (const version of ['2', '3', '4']) {
      bench.run(5_000);
      bench.patch(resources.deployments, 'web', image(`example/app:${version}`));
    }
    bench.run(10_000);
    expect(
      bench
        .replicaSets('web')
        .map(({ spec }) => spec.template.spec.containers[0]?.image)
        .toSorted(),
    ).toEqual(['example/app:3', 'example/app:4']);
  });

  test('with Recreate has no pod of the new template while one of the old is left', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 2, spec: { strategy: { type: 'Recreate' } }, behaviour: { 'shutdown-grace-ms': '4000' } });
    bench.run(5_000);
    bench.patch(resources.deployments, 'web', image('example/app:2'));
    const seen = new Set<string>();
    for (let step = 0; step < 1_000; step += 1) {
      bench.run(10);
      seen.add([...new Set(bench.pods('web').map(({ spec }) => spec.containers[0]?.image))].toSorted().join('+'));
    }
    expect([...seen]).toEqual(['example/app:1', '', 'example/app:2']);
    expect(countsOf(bench)).toEqual(all(2));
  });

  test('that is paused changes counts, but not its pods', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 2 });
    bench.run(5_000);
    bench.patch(resources.deployments, 'web', { spec: { paused: true, ...image('example/app:2').spec } });
    bench.run(5_000);
    expect(bench.replicaSets('web')).toHaveLength(1);
    expect(conditionOf(bench, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
    bench.patch(resources.deployments, 'web', { spec: { replicas: 3 } });
    bench.run(5_000);
    expect(bench.pods('web').map(({ spec }) => spec.containers[0]?.image)).toEqual(['example/app:1', 'example/app:1', 'example/app:1']);
    bench.patch(resources.deployments, 'web', { spec: { paused: false } });
    bench.run(10_000);
    expect(countsOf(bench)).toEqual(all(3));
    expect(conditionOf(bench, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  test('that does not come up says so after its deadline, keeps the old pods, and recovers', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 3, spec: { progressDeadlineSeconds: 30 } });
    bench.run(5_000);
    bench.patch(resources.deployments, 'web', {
      spec: { template: { metadata: { annotations: { 'bed.sluice.dev/never-ready': 'true' } } } },
    });
    bench.run(29_000);
    expect(conditionOf(bench, 'Progressing')).toMatchObject({ status: 'True' });
    bench.run(6_000);
    expect(conditionOf(bench, 'Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(bench.readyPods('web')).toBe(3);
    bench.patch(resources.deployments, 'web', {
      spec: { template: { metadata: { annotations: { 'bed.sluice.dev/never-ready': null } } } },
    });
    bench.run(10_000);
    expect(countsOf(bench)).toEqual(all(3));
    expect(conditionOf(bench, 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
  });

  test('that is scaled in the middle of a rollout scales both sides in proportion', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 10, spec: { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } } });
    bench.run(5_000);
    bench.patch(resources.deployments, 'web', {
      spec: { template: { metadata: { annotations: { 'bed.sluice.dev/never-ready': 'true' } } } },
    });
    bench.run(5_000);
    const sizes = () =>
      bench
        .replicaSets('web')
        .map(({ spec }) => spec.replicas)
        .toSorted((left, right) => left - right);
    expect(sizes()).toEqual([5, 8]);
    bench.patch(resources.deployments, 'web', { spec: { replicas: 15 } });
    bench.run(3_000);
    expect(sizes()).toEqual([7, 11]);
  });

  test('adopts a ReplicaSet of nobody that its selector names', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 2 });
    bench.run(3_000);
    bench.sandbox.client.delete(resources.deployments, { namespace: 'shop', name: 'web' }, { propagationPolicy: 'Orphan' });
    bench.run(3_000);
    const before = bench.pods('web').map(({ metadata }) => metadata.name);
    expect(bench.replicaSets('web')[0]?.metadata.ownerReferences ?? []).toEqual([]);
    bench.deploy({ name: 'web', replicas: 2 });
    bench.run(3_000);
    expect(bench.replicaSets('web')).toHaveLength(1);
    expect(bench.replicaSets('web')[0]?.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Deployment', controller: true });
    expect(bench.pods('web').map(({ metadata }) => metadata.name)).toEqual(before);
  });

  test('takes its ReplicaSets and pods with it when it goes', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 2 });
    bench.run(3_000);
    bench.sandbox.client.delete(resources.deployments, { namespace: 'shop', name: 'web' });
    bench.run(10_000);
    expect([bench.replicaSets('web'), bench.pods('web')]).toEqual([[], []]);
  });
});

describe('a ReplicaSet', () => {
  test('cannot make more pods than a quota allows, says so, and goes on when it may', () => {
    const bench = aBench();
    bench.sandbox.faults.quota('shop', 2);
    bench.deploy({ name: 'web', replicas: 3 });
    bench.run(5_000);
    expect(bench.pods('web')).toHaveLength(2);
    const failure = bench.replicaSets('web')[0]?.status?.conditions?.[0];
    expect(failure).toMatchObject({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' });
    expect(failure?.message).toContain('exceeded quota');
    expect(conditionOf(bench, 'ReplicaFailure')).toMatchObject({ reason: 'FailedCreate' });
    bench.sandbox.faults.quota('shop', undefined);
    bench.run(60_000);
    expect(bench.readyPods('web')).toBe(3);
    expect(conditionOf(bench, 'ReplicaFailure')).toBeUndefined();
  });

  test('deletes first what is not ready, then what became ready last', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 2 });
    bench.run(3_000);
    const old = bench.pods('web').map(({ metadata }) => metadata.name);
    bench.patch(resources.deployments, 'web', { spec: { replicas: 4 } });
    bench.run(3_000);
    const [sick = '', young = ''] = bench
      .pods('web')
      .map(({ metadata }) => metadata.name)
      .filter((name) => !old.includes(name));
    bench.sandbox.faults.behave({ namespace: 'shop', name: old[0] ?? '' }, { 'never-ready': 'true' });
    bench.run(1_000);
    bench.patch(resources.deployments, 'web', { spec: { replicas: 3 } });
    bench.run(5_000);
    expect(
      bench
        .pods('web')
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    ).toEqual([old[1], sick, young].toSorted());
    bench.patch(resources.deployments, 'web', { spec: { replicas: 1 } });
    bench.run(5_000);
    expect(bench.pods('web').map(({ metadata }) => metadata.name)).toEqual([old[1]]);
  });

  test('counts a pod as available once it was ready for minReadySeconds', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 1, spec: { minReadySeconds: 10 } });
    bench.run(5_000);
    expect(countsOf(bench)).toMatchObject({ readyReplicas: 1, availableReplicas: undefined });
    bench.run(10_000);
    expect(countsOf(bench)).toEqual(all(1));
  });
});

import { expect, test } from 'vitest';
import { at, listAt, textAt } from '../api-server/kit.ts';
import { type Cluster, conditionOf } from './kit.ts';

const nameOf = (object: unknown): string => textAt(object, 'metadata.name');

export function podsContract(open: (what: string) => Promise<Cluster>): void {
  test('a pod that runs says since when, where, and that it is ready', async () => {
    const cluster = await open('runs');
    await cluster.deploy({ replicas: 1 });
    await cluster.rolledOut();
    const [pod] = await cluster.list('pods');
    const set = nameOf((await cluster.list('replicasets'))[0]);
    expect(nameOf(pod)).toMatch(new RegExp(`^${set}-[bcdfghjklmnpqrstvwxz2456789]{5}$`));
    expect(pod).toMatchObject({
      metadata: {
        generateName: `${set}-`,
        ownerReferences: [{ kind: 'ReplicaSet', name: set, controller: true, blockOwnerDeletion: true }],
      },
      status: {
        ...{ phase: 'Running', podIP: expect.stringMatching(/^10\.244\./), startTime: expect.any(String), qosClass: 'BestEffort' },
        containerStatuses: [{ name: 'app', image: 'example/app:1', ready: true, started: true, restartCount: 0, state: { running: {} } }],
      },
    });
    const conditions = listAt(pod, 'status.conditions').map(({ type, status }) => `${type} ${status}`);
    expect(conditions.toSorted()).toEqual(['ContainersReady True', 'Initialized True', 'PodScheduled True', 'Ready True']);
    expect(textAt(pod, 'spec.nodeName')).not.toBe('');
  });

  test('one that crashes over and over backs off, and is not ready', async () => {
    const cluster = await open('crashes');
    await cluster.deploy({ replicas: 1, behaviour: { 'crash-after-ms': '300', 'crash-backoff-ms': '60000' } });
    await cluster.until('the crash', async () => at((await cluster.list('pods'))[0], 'status.containerStatuses.0.restartCount') === 1);
    const [pod] = await cluster.list('pods');
    expect(at(pod, 'status.containerStatuses.0')).toMatchObject({
      ...{ ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1, reason: 'Error' } } },
    });
    expect(textAt(pod, 'status.phase')).toBe('Running');
    expect(pod === undefined ? undefined : conditionOf(pod, 'Ready')).toMatchObject({ status: 'False', reason: 'ContainersNotReady' });
  });

  test('one without the configuration that it names waits for it', async () => {
    const cluster = await open('config');
    const container = { name: 'app', image: 'example/app:1', envFrom: [{ configMapRef: { name: 'colours' } }] };
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
    await cluster.deploy({ replicas: 1, spec: { template } });
    const reason = async () => textAt((await cluster.list('pods'))[0], 'status.containerStatuses.0.state.waiting.reason');
    await cluster.until('the kubelet to miss it', async () => (await reason()) === 'CreateContainerConfigError');
    await cluster.ask.made(cluster.path('configmaps'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'colours' },
      data: { COLOR: 'blue' },
    });
    await cluster.rolledOut();
  });

  test('when there are too many, those that are not ready go first', async () => {
    const cluster = await open('ranks');
    await cluster.deploy({ replicas: 3 });
    await cluster.rolledOut();
    const [, sick] = await cluster.list('pods');
    await cluster.behave(nameOf(sick), { 'never-ready': 'true' });
    await cluster.until('one to be sick', async () => at(await cluster.deployment(), 'status.readyReplicas') === 2);
    await cluster.patch('deployments', 'web', { spec: { replicas: 2 } });
    await cluster.until('one to go', async () => (await cluster.list('pods')).length === 2);
    expect((await cluster.list('pods')).map(nameOf)).not.toContain(nameOf(sick));
  });

  test('counts as available once it was ready for long enough', async () => {
    const cluster = await open('min-ready');
    await cluster.deploy({ replicas: 1, spec: { minReadySeconds: 3 } });
    await cluster.until('it to be ready', async () => at(await cluster.deployment(), 'status.readyReplicas') === 1);
    expect(at(await cluster.deployment(), 'status.availableReplicas')).toBeUndefined();
    await cluster.rolledOut();
  });

  test('goes, and all with it, when its Deployment does', async () => {
    const cluster = await open('gone');
    await cluster.deploy({ replicas: 2 });
    await cluster.rolledOut();
    await cluster.ask.delete(cluster.path('deployments', 'web'));
    await cluster.until(
      'all to be gone',
      async () => (await cluster.list('pods')).length + (await cluster.list('replicasets')).length === 0,
    );
  });
}

export function endpointsContract(open: (what: string) => Promise<Cluster>): void {
  test('a Service has a slice with its labels, and its pods in it as they are', async () => {
    const cluster = await open('slice');
    await cluster.deploy({ replicas: 1 });
    await cluster.service({ app: 'web' }, { labels: { team: 'blue' } });
    await cluster.rolledOut();
    await cluster.until('the endpoint', async () => (await cluster.endpoints()).some((each) => at(each, 'conditions.ready') === true));
    const [slice] = await cluster.list('endpointslices');
    const [pod] = await cluster.list('pods');
    expect(slice).toMatchObject({
      metadata: {
        generateName: 'web-',
        labels: {
          team: 'blue',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', controller: true, blockOwnerDeletion: true }],
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    });
    expect(listAt(slice, 'endpoints')).toEqual([
      {
        addresses: [textAt(pod, 'status.podIP')],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: textAt(pod, 'spec.nodeName'),
        targetRef: { kind: 'Pod', namespace: cluster.ask.namespace, name: nameOf(pod), uid: textAt(pod, 'metadata.uid') },
      },
    ]);
  });

  test('a pod that is not ready is an endpoint that is not; one on its way out serves', async () => {
    const cluster = await open('terminating');
    await cluster.deploy({ replicas: 1, behaviour: { 'shutdown-grace-ms': '5000' } });
    await cluster.service({ app: 'web' });
    await cluster.rolledOut();
    const [pod] = await cluster.list('pods');
    const conditions = async () => JSON.stringify((await cluster.endpoints())[0]?.conditions);
    await cluster.behave(nameOf(pod), { 'never-ready': 'true' });
    await cluster.until('it to be out', async () => (await conditions()) === '{"ready":false,"serving":false,"terminating":false}');
    await cluster.behave(nameOf(pod), { 'never-ready': null });
    await cluster.until('it to be in', async () => (await conditions()) === '{"ready":true,"serving":true,"terminating":false}');
    await cluster.patch('deployments', 'web', { spec: { replicas: 0 } });
    await cluster.until(
      'it to be on its way out',
      async () => (await conditions()) === '{"ready":false,"serving":true,"terminating":true}',
    );
    await cluster.until('it to be gone', async () => (await cluster.endpoints()).length === 0);
  });

  test('a Service that selects nobody has one slice with nothing in it', async () => {
    const cluster = await open('empty');
    await cluster.service({ app: 'nobody' });
    await cluster.until('the slice', async () => (await cluster.list('endpointslices')).length === 1);
    const [slice] = await cluster.list('endpointslices');
    expect([listAt(slice, 'endpoints'), listAt(slice, 'ports')]).toEqual([[], []]);
  });

  test('the selector moves, and the endpoints with it', async () => {
    const cluster = await open('selector');
    for (const name of ['web-a', 'web-b']) await cluster.deploy({ name, replicas: 1 });
    await cluster.service({ app: 'web-a' });
    for (const name of ['web-a', 'web-b']) await cluster.rolledOut(name);
    const target = async () => (await cluster.endpoints()).map((each) => textAt(each, 'targetRef.name').slice(0, 5)).join();
    await cluster.until('a', async () => (await target()) === 'web-a');
    await cluster.patch('services', 'web', { spec: { selector: { app: 'web-b' } } });
    await cluster.until('b', async () => (await target()) === 'web-b');
  });
}

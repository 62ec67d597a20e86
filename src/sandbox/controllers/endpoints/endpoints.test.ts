import { describe, expect, test } from 'vitest';
import { type Endpoint, resources } from '../../objects/index.ts';
import { aBench, type Bench, must, namespace } from '../../testing/bench.ts';
import { planSlices } from './slices.ts';

const endpointsOf = (bench: Bench, service: string) => bench.slices(service).flatMap(({ endpoints }) => endpoints ?? []);

describe('EndpointSlices', () => {
  test('of a Service: its labels, its pods with their addresses, the ports of their containers', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', replicas: 2 });
    bench.service('web', { app: 'web' }, 'http');
    must(bench.sandbox.client.patch(resources.services, { namespace, name: 'web' }, { metadata: { labels: { team: 'blue' } } }));
    bench.run(5_000);
    const [slice, ...more] = bench.slices('web');
    expect(more).toEqual([]);
    expect(slice).toMatchObject({
      metadata: {
        labels: {
          team: 'blue',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [{ kind: 'Service', name: 'web', controller: true }],
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    });
    const addresses = bench.pods('web').map(({ status }) => status?.podIP);
    expect(
      endpointsOf(bench, 'web')
        .map(({ addresses: [address] }) => address)
        .toSorted(),
    ).toEqual(addresses.toSorted());
    expect(endpointsOf(bench, 'web')[0]).toMatchObject({
      ...{ conditions: { ready: true, serving: true, terminating: false }, nodeName: 'sandbox' },
      targetRef: { kind: 'Pod', namespace, name: expect.stringMatching(/^web-/) },
    });
  });

  test('follow the selector at once, and go with their Service', () => {
    const bench = aBench();
    for (const name of ['web-a', 'web-b']) bench.deploy({ name });
    bench.service('web', { app: 'web-a' });
    bench.run(5_000);
    const target = () => endpointsOf(bench, 'web').map(({ targetRef }) => targetRef?.name.slice(0, 5));
    expect(target()).toEqual(['web-a']);
    bench.patch(resources.services, 'web', { spec: { selector: { app: 'web-b' } } });
    bench.run(100);
    expect(target()).toEqual(['web-b']);
    bench.sandbox.client.delete(resources.services, { namespace, name: 'web' });
    bench.run(1_000);
    expect(bench.slices('web')).toEqual([]);
  });

  test('of a Service that selects nobody: one, that is empty; of one without a selector: none', () => {
    const bench = aBench();
    bench.service('web', { app: 'nobody' });
    const bare = { metadata: { namespace, name: 'bare' }, spec: { ports: [{ port: 80 }] } };
    must(bench.sandbox.client.create(resources.services, bare));
    bench.run(1_000);
    expect([bench.slices('web').length, endpointsOf(bench, 'web').length]).toEqual([1, 0]);
    expect(bench.slices('bare')).toEqual([]);
  });

  test('count pods as ready that are not, where the Service asks for it', () => {
    const bench = aBench();
    bench.deploy({ name: 'web', behaviour: { 'never-ready': 'true' } });
    bench.service('web', { app: 'web' });
    bench.run(5_000);
    expect(endpointsOf(bench, 'web')[0]?.conditions).toEqual({ ready: false, serving: false, terminating: false });
    bench.patch(resources.services, 'web', { spec: { publishNotReadyAddresses: true } });
    bench.run(100);
    expect(endpointsOf(bench, 'web')[0]?.conditions?.ready).toBe(true);
  });

  test('that somebody deletes come back', () => {
    const bench = aBench();
    bench.deploy({ name: 'web' });
    bench.service('web', { app: 'web' });
    bench.run(5_000);
    for (const { metadata } of bench.slices('web')) bench.sandbox.client.delete(resources.endpointSlices, metadata);
    bench.run(100);
    expect(endpointsOf(bench, 'web')).toHaveLength(1);
  });

  test('hold a hundred each; what is there stays where it is', () => {
    const endpoint = (at: number): Endpoint => ({ addresses: [`10.0.${Math.floor(at / 250)}.${at % 250}`] });
    const all = Array.from({ length: 150 }, (_, at) => endpoint(at));
    const first = planSlices([{ ports: [], endpoints: all }], []);
    expect(first.create.map(({ endpoints }) => endpoints.length)).toEqual([100, 50]);
    const slices = first.create.map((slice, at) => ({
      ...({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', ...slice } as const),
      metadata: { name: `s${at}`, namespace, uid: `${at}`, resourceVersion: '1' },
    }));
    const fewer = all.filter((_, at) => at !== 3);
    const next = planSlices([{ ports: [], endpoints: [...fewer, endpoint(900)] }], slices);
    expect([next.create, next.remove]).toEqual([[], []]);
    expect(next.update.map(({ next: { endpoints } }) => endpoints.length)).toEqual([100, 50]);
    expect(next.update[1]?.next.endpoints).toEqual(slices[1]?.endpoints);
  });
});

test('Endpoints, the older form, leave out what is on its way out', () => {
  const bench = aBench({ hasEndpoints: true });
  bench.deploy({ name: 'web', replicas: 2, behaviour: { 'shutdown-grace-ms': '5000' } });
  bench.service('web', { app: 'web' });
  bench.run(5_000);
  const subsets = () => bench.sandbox.client.get(resources.endpoints, { namespace, name: 'web' })?.subsets;
  expect(subsets()).toMatchObject([{ addresses: [{ targetRef: { kind: 'Pod' } }, {}], ports: [{ name: 'http', port: 8080 }] }]);
  bench.patch(resources.deployments, 'web', { spec: { replicas: 1 } });
  bench.run(1_000);
  expect(endpointsOf(bench, 'web')).toHaveLength(2);
  expect(subsets()).toMatchObject([{ addresses: [{}] }]);
  expect(JSON.stringify(subsets())).not.toContain('notReadyAddresses');
  bench.sandbox.client.delete(resources.services, { namespace, name: 'web' });
  bench.run(1_000);
  expect(subsets()).toBeUndefined();
});

test('a new namespace gets the account that pods run as', () => {
  const bench = aBench();
  must(bench.sandbox.client.create(resources.namespaces, { metadata: { name: 'other' } }));
  bench.run(100);
  expect(bench.sandbox.client.get(resources.serviceAccounts, { namespace: 'other', name: 'default' })).toBeDefined();
});

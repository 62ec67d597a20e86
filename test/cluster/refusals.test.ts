// What the controller does not touch, and how it says so: a reason in the conditions, an Event, and everything of the user's as it was.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { deployment, service, trafficSplit } from './kit/apps.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { pathOf } from './kit/paths.ts';
import type { Scenario } from './kit/scenario.ts';
import { waitFor, waitForObject } from './kit/wait.ts';
import { eventReasons, runsOf } from './support/analysis.ts';
import { aRelease } from './support/release.ts';
import { type Rollout, type RolloutOptions, type RolloutStatus, rollout, successRate, template } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
const namespace = 'refusals';
const opened: { scenario?: Scenario } = {};

beforeAll(async () => {
  opened.scenario = await bed.namespace(namespace, { mode: 'strict' });
  const controller = await opened.scenario.controller();
  await controller.only.waitReady();
});
afterAll(async () => {
  await opened.scenario?.dispose();
  await bed.close();
});

type Stored = KubeObject & { readonly spec?: object };
const user = { manager: 'user' };
const labels = (name: string) => ({ app: name });
const apply = (object: KubeObject) => bed.admin.apply(object, user);
const claim = (name: string, options: RolloutOptions = {}) => apply(rollout(namespace, { name, ...options }));
const workload = (name: string, image = 'example/app:1') => apply(deployment(namespace, { name, replicas: 1, image }));
const front = (name: string) => apply(service(namespace, name, labels(name)));
const conditionOf = ({ conditions = [] }: RolloutStatus, type: string) => conditions.find((condition) => condition.type === type);

async function until(name: string, what: string, holds: (status: RolloutStatus) => boolean): Promise<RolloutStatus> {
  const path = pathOf('rollouts', namespace, name);
  const seen = await waitForObject<Rollout>(
    bed.admin,
    path,
    `${name} ${what}`,
    (object) => object?.status !== undefined && holds(object.status),
  );
  return seen?.status ?? {};
}

async function stalls(name: string, reason: string): Promise<RolloutStatus> {
  const status = await until(name, reason, (seen) => conditionOf(seen, 'Stalled')?.reason === reason);
  expect(conditionOf(status, 'Stalled')?.message).not.toBe('');
  expect(conditionOf(status, 'Ready')).toMatchObject({ status: 'False', reason });
  await waitFor(`an Event ${reason} on ${name}`, async () => (await eventReasons(bed, namespace, name)).includes(reason));
  return status;
}

const kinds = ['deployments', 'services', 'trafficsplits'] as const;

/** Specs of everything that belongs to one application, by kind and name. */
async function specsOf(name: string): Promise<Readonly<Record<string, object>>> {
  const lists = await Promise.all(kinds.map((plural) => bed.admin.list<Stored>(pathOf(plural, namespace))));
  const entries = lists.flatMap(({ items }, index) => {
    const own = items.filter(({ metadata }) => metadata.name === name || metadata.name.startsWith(`${name}-`));
    return own.map(
      ({ metadata, spec = {} }) =>
        [
          `${kinds[index]}/${metadata.name}`,
          { spec, labels: metadata.labels, annotations: metadata.annotations?.['sluice.dev/epoch'] },
        ] as const,
    );
  });
  return Object.fromEntries(entries);
}

/** Stalled with the reason, and not one object more or other than before. */
async function refuses(name: string, reason: string, options: RolloutOptions = {}): Promise<RolloutStatus> {
  const before = await specsOf(name);
  await claim(name, options);
  const status = await stalls(name, reason);
  expect(await specsOf(name)).toEqual(before);
  return status;
}

describe.concurrent('refused, with everything as it was', () => {
  test('no root Service; goes on when it is made', async () => {
    await workload('no-service');
    await refuses('no-service', 'ServiceNotFound');
    await front('no-service');
    const status = await until('no-service', 'adopted', ({ phase }) => phase === 'Healthy');
    expect(conditionOf(status, 'Stalled')).toBeUndefined();
  });

  test('a headless Service', async () => {
    await workload('headless');
    await apply({
      ...service(namespace, 'headless', labels('headless')),
      spec: { clusterIP: 'None', selector: labels('headless'), ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    } as KubeObject);
    await refuses('headless', 'ServiceUnsuitable');
  });

  test('a Service without selector', async () => {
    await workload('no-selector');
    await apply({
      ...service(namespace, 'no-selector', {}),
      spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    } as KubeObject);
    await refuses('no-selector', 'ServiceUnsuitable');
  });

  test('an ExternalName', async () => {
    await workload('external');
    await apply({ ...service(namespace, 'external', {}), spec: { type: 'ExternalName', externalName: 'example.com' } } as KubeObject);
    await refuses('external', 'ServiceUnsuitable');
  });

  test('a named targetPort that the pods do not have', async () => {
    await workload('ports');
    await apply(service(namespace, 'ports', labels('ports'), 'grpc'));
    expect((await refuses('ports', 'PortMismatch')).message).toContain('grpc');
  });

  test('a Deployment that does not exist; goes on when it is made', async () => {
    await front('absent');
    await refuses('absent', 'WorkloadNotFound');
    await workload('absent');
    await until('absent', 'adopted', ({ phase }) => phase === 'Healthy');
  });

  test.for([
    [
      'flagger-owned',
      {
        ownerReferences: [
          { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'x', uid: 'd9607e19-f88f-11e6-a518-42010a800195', controller: true },
        ],
      },
    ],
    ['flagger-marked', { labels: { 'app.kubernetes.io/managed-by': 'flagger' } }],
    ['failover', { labels: { 'failover.linkerd.io/controlled-by': 'linkerd-failover' } }],
  ] as const)('a TrafficSplit of somebody else’s (%s), even with the annotation', async ([name, marks]) => {
    await workload(name);
    await front(name);
    const split = trafficSplit(namespace, name, { [`${name}-a`]: 100 });
    await bed.admin.create({ ...split, metadata: { ...split.metadata, ...marks } } as KubeObject);
    await refuses(name, 'SplitNotOurs', { annotations: { 'sluice.dev/adopt-split': 'true' } });
  });

  test('a plain TrafficSplit without the annotation', async () => {
    await workload('plain');
    await front('plain');
    await bed.admin.create(trafficSplit(namespace, 'plain', { 'plain-a': 100 }));
    expect((await refuses('plain', 'SplitNotOurs')).message).toContain('sluice.dev/adopt-split');
  });

  test('another TrafficSplit of the same root', async () => {
    await workload('twice');
    await front('twice');
    await bed.admin.create(trafficSplit(namespace, 'twice', { 'twice-a': 100 }));
    await bed.admin.patch(pathOf('trafficsplits', namespace, 'twice'), { spec: { service: 'twice' } });
    await refuses('twice', 'SplitNotOurs', { traffic: { splitName: 'twice-ours' } });
  });

  test('a Rollout that can never be right says every error, and touches nothing', async () => {
    await workload('invalid');
    await front('invalid');
    const windows = [
      { kind: 'Deny', schedule: '0 0 31 2 *', duration: '1h' },
      { kind: 'Deny', schedule: '0 0 1 1 *', duration: '1h', timeZone: 'Mars/Base' },
    ];
    const status = await refuses('invalid', 'InvalidSpec', { spec: { windows } });
    expect(status.phase).toBe('Degraded');
    expect(status.message).toContain('spec.windows[0].schedule');
    expect(status.message).toContain('spec.windows[1].timeZone');
  });

  test('two Rollouts on one Service: the older one goes on', async () => {
    await workload('shared');
    await front('shared');
    await claim('shared');
    await until('shared', 'adopted', ({ phase }) => phase === 'Healthy');
    await workload('younger');
    const before = await specsOf('shared');
    await claim('younger', {
      spec: { service: { name: 'shared' }, workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'younger' } },
    });
    expect((await stalls('younger', 'ServiceClaimed')).message).toContain('shared');
    expect(await specsOf('shared')).toEqual(before);
    expect(Object.keys(await specsOf('younger'))).toEqual(['deployments/younger']);
    await workload('shared', 'example/app:2');
    const next = await until('shared', 'promoted', ({ history = [] }) => history.at(-1)?.outcome === 'Promoted');
    expect(next.phase).toBe('Healthy');
    // The younger one goes away without taking anything of the older one's with it.
    await bed.admin.remove(pathOf('rollouts', namespace, 'younger'));
    await waitFor('the younger one to be gone', async () => (await bed.admin.find(pathOf('rollouts', namespace, 'younger'))) === undefined);
    expect(Object.keys(await specsOf('younger'))).toEqual(['deployments/younger']);
    expect(await bed.admin.find(pathOf('trafficsplits', namespace, 'shared'))).toBeDefined();
  });
});

describe.concurrent('an analysis that cannot be', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  const prometheus = (provider: object) => [
    { name: 'm', interval: '1s', thresholdRange: { min: 0 }, consecutiveErrorLimit: 1, provider: { prometheus: provider } },
  ];

  async function released(name: string, metrics: readonly object[]): Promise<void> {
    await workload(name);
    await front(name);
    await apply(template(namespace, name, metrics));
    await claim(name, { analysis: { templates: [{ name }] } });
    await until(name, 'adopted', ({ phase }) => phase === 'Healthy');
    await workload(name, 'example/app:2');
  }

  async function aborted(name: string): Promise<RolloutStatus> {
    const status = await until(name, 'rolled back', ({ phase }) => phase === 'RolledBack');
    expect(status.abort?.reason).toBe('AnalysisError');
    await waitFor('an Event', async () => (await eventReasons(bed, namespace, name)).includes('AnalysisError'));
    const split = await bed.admin.get<KubeObject & { spec: { backends: { service: string; weight: number }[] } }>(
      pathOf('trafficsplits', namespace, name),
    );
    expect(split.spec.backends.filter(({ weight }) => weight > 0)).toEqual([{ service: `${name}-${status.stableRevision}`, weight: 100 }]);
    return status;
  }

  test('a query that Prometheus cannot parse (400) ends the release at once, with its words', async () => {
    await released('q400', prometheus({ query: 'sum(' }));
    const status = await aborted('q400');
    const [run] = await runsOf(bed, namespace, status);
    expect(run?.status?.metricResults?.[0]?.measurements.map(({ result }) => result)).toEqual(['Invalid']);
    expect(status.abort?.message).toMatch(/parse/i);
  });

  test('a query that it cannot execute (422), too', async () => {
    await released('q422', prometheus({ query: 'sum(up + on(dialect) up)' }));
    expect((await aborted('q422')).abort?.message).toMatch(/many|duplicate/i);
  });

  test.skipIf(bed.info.ownAddress === undefined)('credentials that are refused (401) end it after the tolerated errors', async () => {
    const server = createServer((_, response) => response.writeHead(401).end('who are you?'));
    servers.push(server);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, bed.info.ownAddress, resolve));
    const { port } = server.address() as AddressInfo;
    await released('q401', prometheus({ address: `http://${bed.info.ownAddress}:${port}`, query: 'vector(1)' }));
    const status = await aborted('q401');
    expect(status.abort?.message).toContain('401');
    const [run] = await runsOf(bed, namespace, status);
    expect(run?.status?.metricResults?.[0]).toMatchObject({ error: 2, phase: 'Error' });
  });

  test('a template that does not exist: no weight until it is made, then on by itself', async () => {
    const name = 'no-template';
    await workload(name);
    await front(name);
    await claim(name, { analysis: { templates: [{ name }] } });
    await until(name, 'adopted', ({ phase }) => phase === 'Healthy');
    await workload(name, 'example/app:2');
    const waiting = await until(name, 'waiting', (status) => conditionOf(status, 'Ready')?.reason === 'AnalysisTemplateNotFound');
    expect(waiting.weight?.desired).toBe(0);
    expect(waiting.message).toContain(name);
    await apply(template(namespace, name, [{ name: 'one', thresholdRange: { min: 1 }, provider: { prometheus: { query: 'vector(1)' } } }]));
    await until(name, 'promoted', ({ phase, history = [] }) => phase === 'Healthy' && history.at(-1)?.outcome === 'Promoted');
  });

  test('a template that wants an argument nobody gives: no weight, and the argument named', async () => {
    await released('bad-template', prometheus({ query: 'vector({{args.nobody}})' }));
    const waiting = await until('bad-template', 'waiting', (status) => conditionOf(status, 'Ready')?.reason === 'AnalysisTemplateInvalid');
    expect(waiting.weight?.desired).toBe(0);
    expect(waiting.message).toContain('nobody');
  });
});

describe.concurrent('under load', () => {
  test('a Rollout that becomes invalid in mid-run keeps its traffic where it is, and goes on when it is mended', async ({
    onTestFinished,
  }) => {
    const release = await aRelease(bed, 'r-invalid', {
      cleanup: onTestFinished,
      metrics: [successRate()],
      steps: [{ setWeight: 20 }, { pause: { duration: '20s' } }, { setWeight: 50 }],
    });
    const canary = await release.change({ image: 'example/app:2' });
    await release.until('at 20 %', ({ weight }) => weight?.desired === 20 && weight.confirmedAt !== undefined);
    await release.apply({ spec: { windows: [{ kind: 'Deny', schedule: '0 0 31 2 *', duration: '1h' }] } });
    const stalled = await release.until('stalled', (status) => conditionOf(status, 'Stalled')?.reason === 'InvalidSpec');
    expect(stalled.weight?.desired).toBe(20);
    expect(stalled.canaryRevision).toBe(canary);
    await release.load.more(1_500);
    expect(release.weights(canary)).toEqual([0, 20]);
    await release.apply({});
    const done = await release.until('promoted', ({ phase, stableRevision }) => phase === 'Healthy' && stableRevision === canary);
    expect(conditionOf(done, 'Stalled')).toBeUndefined();
    await release.serves(canary);
    await release.holds();
  });

  test('a plain TrafficSplit is taken over with the annotation, and no request is lost', async ({ onTestFinished }) => {
    const name = 'r-adopt';
    const scenario = await bed.namespace(name, { mode: 'strict', cleanup: onTestFinished });
    await scenario.deploy({ name: 'web', replicas: 2 });
    await scenario.service('web-blue', { app: 'web' });
    await scenario.ready('web');
    await scenario.split('web', { 'web-blue': 90, 'web-green': 10 });
    await scenario.service('web-green', { app: 'web' });
    await scenario.ready('web');
    const load = await scenario.load('web', { perSecond: 60 });
    await load.more(30);
    await apply(rollout(name, { annotations: { 'sluice.dev/adopt-split': 'true' } }));
    const controller = await scenario.controller();
    await controller.only.waitReady();
    const seen = await waitForObject<Rollout>(
      bed.admin,
      pathOf('rollouts', name, 'web'),
      'adopted',
      (object) => object?.status?.phase === 'Healthy',
    );
    const stable = `web-${seen?.status?.stableRevision}`;
    await scenario.waitApplied('web', { [stable]: 100 });
    const from = Date.now();
    await load.more(100);
    expect(Object.keys(load.summary(from).byDeployment)).toEqual([stable]);
    await load.stop();
    expect(load.summary().lost).toEqual([]);
  });
});

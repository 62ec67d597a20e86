import { setMaxListeners } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { goodRollout } from '../../test/cluster/kinds.cases.ts';
import { goodTemplate } from '../../test/cluster/kinds.other-cases.ts';
import { templateHashOf } from '../core/objects/index.ts';
import type { RecordedEvent } from '../kube/index.ts';
import { ClusterClock } from '../kube/index.ts';
import { quietContact } from '../kube/testing/quiet-contact.ts';
import { isObject, seededRandom, silentLogger, VirtualClock } from '../lib/index.ts';
import { createSources } from '../metrics/index.ts';
import { RolloutController } from './rollout-controller.ts';
import { MemoryApi } from './testing/memory-api.ts';

const minutes = (count: number): number => count * 60_000;
const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

/** Rollouts `web` and `api`, their Deployments and Services, and a controller that leads, on virtual time. */
function aCluster(forbidden: readonly string[] = [], prepare: (api: MemoryApi) => void = () => {}, epoch = 1) {
  const fenced: string[] = [];
  const events: RecordedEvent[] = [];
  const api = new MemoryApi();
  for (const name of ['web', 'api']) {
    const metadata = { name, namespace: 'shop', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
    const spec = { ...(goodRollout().spec as object), workloadRef: { name }, service: { name } };
    api.put('rollouts', { ...goodRollout(), metadata, spec } as never);
    const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: `${name}:1` }] } };
    api.put('deployments', { metadata, spec: { replicas: 1, template }, status: {} } as never);
    api.put('services', { metadata, spec: { clusterIP: '10.0.0.1', selector: { app: name }, ports: [{ port: 80 }] } } as never);
  }
  prepare(api);
  for (const entry of forbidden) api.forbidden.add(entry);
  const clock = new VirtualClock();
  const seen = { settled: 0 };
  const shared = { clock: new ClusterClock(clock), random: seededRandom(5), log: silentLogger };
  const controller = new RolloutController({
    ...shared,
    client: api.client,
    contact: quietContact(clock),
    recorder: { event: (event) => void events.push(event) },
    sources: createSources(),
    namespaces: [],
    clusterDomain: 'cluster.local',
    prometheusAddress: undefined,
    concurrency: 2,
    schedule: () => () => {},
    epoch: () => epoch,
    onFenced: (reason) => fenced.push(reason),
    onSettled: () => {
      seen.settled += 1;
    },
  });
  const stop = new AbortController();
  const interrupt = new AbortController();
  setMaxListeners(0, stop.signal, interrupt.signal);
  const running = Promise.all([controller.watch(stop.signal), controller.reconcile(stop.signal, interrupt.signal)]);
  ending.push(async () => {
    stop.abort();
    await clock.advance(1);
    await running;
    expect(fenced).toEqual([]);
  });
  return { api, clock, seen, fenced, events };
}

type Condition = { readonly type: string; readonly status: string; readonly reason: string; readonly message: string };

function stalled(api: MemoryApi, name: string): Condition | undefined {
  const status = api.object('rollouts', `shop/${name}`)?.status;
  const conditions = isObject(status) ? (status.conditions as readonly Condition[]) : [];
  return conditions.find(({ type }) => type === 'Stalled');
}

const statusWrites = (api: MemoryApi) => api.writes.filter(({ call }) => call === 'patch rollouts/status').map(({ name }) => name);
const touched = (api: MemoryApi) => api.writes.filter(({ call }) => !call.startsWith('patch rollouts')).map(({ call }) => call);
const both = ['api', 'web'];

describe('kinds that may not be read', () => {
  test.each([
    ['one of Kubernetes’ own', ['list deployments'], ['deployments.apps']],
    ['several', ['list services', 'list configmaps', 'list endpointslices'], ['services', 'configmaps', 'endpointslices.discovery.k8s.io']],
    [
      'analyses',
      ['list analysisruns', 'list clusteranalysistemplates'],
      ['analysisruns.sluice.dev', 'clusteranalysistemplates.sluice.dev'],
    ],
    ['the splits', ['list trafficsplits'], ['trafficsplits.split.smi-spec.io']],
  ])('%s: each Rollout says so in one write, nothing is touched, and it goes on by itself', async (_, forbidden, kinds) => {
    const { api, clock } = aCluster(forbidden);
    await clock.advance(minutes(1));
    for (const name of both) {
      expect(stalled(api, name)).toMatchObject({ status: 'True', reason: 'Forbidden' });
      for (const kind of [...kinds, 'sluice render rbac']) expect(stalled(api, name)?.message).toContain(kind);
    }
    expect(touched(api)).toEqual([]);
    await clock.advance(minutes(30));
    expect(statusWrites(api).toSorted()).toEqual(both);
    api.forbidden.clear();
    await clock.advance(minutes(2));
    for (const name of both) expect(stalled(api, name)).toBeUndefined();
    expect(touched(api)).toContain('create deployments');
  });

  test('the splits: what the first lists leave behind goes all the same', async () => {
    const { clock, seen } = aCluster(['list trafficsplits']);
    await clock.advance(minutes(1));
    expect(seen.settled).toBe(1);
  });

  test('an API server that refuses for a moment, as one that comes up does, is not worth a word', async () => {
    const { api, clock } = aCluster(['list deployments', 'list trafficsplits']);
    await clock.advance(1_000);
    api.forbidden.clear();
    await clock.advance(minutes(2));
    expect(api.writes.filter(({ body }) => JSON.stringify(body).includes('Forbidden'))).toEqual([]);
    expect(touched(api)).toContain('create deployments');
  });

  test('what may be listed and not watched is old news from the first moment on', async () => {
    const { api, clock } = aCluster(['watch trafficsplits']);
    await clock.advance(minutes(1));
    expect(stalled(api, 'web')).toMatchObject({ reason: 'Forbidden' });
    expect(stalled(api, 'web')?.message).toContain('trafficsplits.split.smi-spec.io');
    api.forbidden.clear();
    await clock.advance(minutes(2));
    expect(stalled(api, 'web')).toBeUndefined();
  });

  test.each(['trafficsplits', 'endpointslices'])(
    'a permission that is taken away later (%s) is said, once, and comes back',
    async (plural) => {
      const { api, clock } = aCluster();
      await clock.advance(minutes(1));
      expect(stalled(api, 'web')).toBeUndefined();
      const before = statusWrites(api).length;
      api.forbidden.add(`list ${plural}`);
      api.cutWatches(plural);
      await clock.advance(minutes(5));
      expect(stalled(api, 'web')).toMatchObject({ reason: 'Forbidden' });
      expect(statusWrites(api).slice(before).toSorted()).toEqual(both);
      api.forbidden.clear();
      await clock.advance(minutes(2));
      expect(stalled(api, 'web')).toBeUndefined();
    },
  );
});

test('the adapter’s own object is one of them: without it a weight would be confirmed on less than was promised', async () => {
  const { api, clock } = aCluster(['list serviceprofiles'], (server) => {
    Object.assign(server.groups, { 'linkerd.io': 'v1alpha2', 'split.smi-spec.io': 'v1alpha1' });
    const { spec, ...web } = server.object('rollouts', 'shop/web') as never as { spec: object; metadata: { name: string } };
    server.put('rollouts', { ...web, spec: { ...spec, traffic: { smi: { provider: 'linkerd' } } } } as never);
  });
  await clock.advance(minutes(1));
  expect(stalled(api, 'web')?.message).toContain('serviceprofiles.linkerd.io');
  expect(stalled(api, 'web')).toMatchObject({ reason: 'Forbidden' });
});

describe('a split that carries a higher epoch than status', () => {
  const written = (api: MemoryApi) => {
    const annotations = {
      'sluice.dev/epoch': '9',
      'sluice.dev/rollout-uid': 'uid-rollouts-web',
      'sluice.dev/written-at': '2026-01-01T00:00:00.000Z',
      'sluice.dev/wrote': 'web-6d5f0c9b1e=100',
    };
    const spec = { service: 'web', backends: [{ service: 'web-6d5f0c9b1e', weight: 100 }] };
    api.put('trafficsplits', { metadata: { name: 'web', namespace: 'shop', generation: 1, annotations }, spec } as never);
  };
  const ofWeb = (api: MemoryApi) => api.writes.filter(({ name }) => name.startsWith('web'));

  test('is a newer leader’s: this process writes nothing, and ends', async () => {
    const { api, clock, fenced } = aCluster([], written);
    await clock.advance(1_000);
    expect(fenced.splice(0)[0]).toContain('carries epoch 9, ours is 1');
    expect(ofWeb(api)).toEqual([]);
    await clock.advance(minutes(1));
    fenced.splice(0);
  });

  test('is taken over where nobody is elected, so that there is no number of our own', async () => {
    const { api, clock } = aCluster([], written, 0);
    await clock.advance(minutes(1));
    expect(ofWeb(api).length).toBeGreaterThan(0);
  });
});

describe('a write that is forbidden', () => {
  test('of a verdict is said by the Rollout that waits for it', async () => {
    const metadata = {
      ...{ name: 'web-7c9d2f41aa-1-bg', namespace: 'shop', generation: 1 },
      ownerReferences: [{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid: 'uid-rollouts-web', controller: true }],
    };
    const made = { name: 'web', uid: 'uid-rollouts-web', kind: 'Background', revision: '7c9d2f41aa', attempt: 1 };
    const { api, clock } = aCluster(['patch analysisruns/status'], (server) => {
      const run = goodTemplate('AnalysisRun');
      server.put('analysisruns', { ...run, metadata, spec: { ...(run.spec as object), rollout: made } } as never);
    });
    await clock.advance(minutes(1));
    expect(stalled(api, 'web')).toMatchObject({ reason: 'Forbidden' });
    expect(stalled(api, 'web')?.message).toMatch(/cannot patch resource "analysisruns\/status".*sluice render rbac/);
    expect(stalled(api, 'api')).toBeUndefined();
    api.forbidden.clear();
    await clock.advance(minutes(2));
    expect(stalled(api, 'web')).toBeUndefined();
    expect(api.object('analysisruns', 'shop/web-7c9d2f41aa-1-bg')?.status).toMatchObject({ phase: expect.any(String) as string });
  });

  test('is said in status, once, with what to apply; it goes through when it is granted', async () => {
    const { api, clock } = aCluster(['patch deployments']);
    await clock.advance(minutes(1));
    const said = statusWrites(api).length;
    expect(stalled(api, 'web')).toMatchObject({ reason: 'Forbidden' });
    expect(stalled(api, 'web')?.message).toMatch(/cannot patch resource "deployments".*sluice render rbac/);
    await clock.advance(minutes(5));
    expect(statusWrites(api)).toHaveLength(said);
    api.forbidden.clear();
    await clock.advance(minutes(2));
    expect(stalled(api, 'web')).toBeUndefined();
    expect(api.object('deployments', 'shop/web')?.spec).toMatchObject({ paused: true });
  });
});

test('a status that is refused is said, and tried again with patience: no storm of writes, and no other status lost', async () => {
  const { api, clock } = aCluster();
  api.problemOf = (call, body) =>
    call === 'patch rollouts/status' && !JSON.stringify(body).includes('WriteRefused') ? 'status.step: Invalid value' : undefined;
  await clock.advance(minutes(1));
  expect(stalled(api, 'web')).toMatchObject({ reason: 'WriteRefused', message: expect.stringContaining('status.step') as string });
  const before = statusWrites(api).length;
  await clock.advance(minutes(10));
  // Two Rollouts, one try in half a minute or so each.
  expect(statusWrites(api).length - before).toBeLessThan(100);
  api.problemOf = () => undefined;
  await clock.advance(minutes(2));
  expect(stalled(api, 'web')?.reason).not.toBe('WriteRefused');
});

describe('a Decision', () => {
  const put = (api: MemoryApi, name: string, status: object = {}, spec: object = {}) =>
    api.put('decisions', {
      metadata: { name, namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: {
        action: 'Resume',
        rollout: { name: 'web', uid: 'uid-rollouts-web' },
        revision: '6d5f0c9b1e',
        attempt: 1,
        subject: 'alice',
        ...spec,
      },
      status,
    } as never);
  const stateOf = (api: MemoryApi, name: string) => api.object('decisions', `shop/${name}`)?.status;
  const answers = (api: MemoryApi) => api.writes.filter(({ call }) => call === 'patch decisions/status').map(({ name }) => name);

  test('on a Rollout that there is gets its answer from the plan, once, whether it was there before or comes later, and belongs to it', async () => {
    const { api, clock, events } = aCluster([], (before) => put(before, 'early'));
    await clock.advance(5_000);
    put(api, 'late');
    await clock.advance(5_000);
    for (const name of ['early', 'late']) expect(stateOf(api, name)).toMatchObject({ state: 'Rejected' });
    await clock.advance(minutes(30));
    expect(answers(api)).toEqual(['early', 'late']);
    const owners = api.object('decisions', 'shop/late')?.metadata.ownerReferences;
    expect(owners).toMatchObject([{ kind: 'Rollout', name: 'web', uid: 'uid-rollouts-web' }]);
    expect(events.filter(({ reason }) => reason === 'DecisionRefused').map(({ type, regarding }) => [type, regarding.name])).toEqual([
      ['Warning', 'web'],
      ['Warning', 'web'],
    ]);
  });

  test('on a Rollout that there is not is rejected with that', async () => {
    const { api, clock, events } = aCluster([], (before) => put(before, 'early', {}, { rollout: { name: 'nobody', uid: 'u' } }));
    await clock.advance(5_000);
    put(api, 'late', {}, { rollout: { name: 'nobody', uid: 'u' } });
    await clock.advance(5_000);
    for (const name of ['early', 'late'])
      expect(stateOf(api, name)).toMatchObject({ state: 'Rejected', message: 'there is no Rollout nobody' });
    expect(answers(api)).toEqual(['early', 'late']);
    expect(api.object('decisions', 'shop/late')?.metadata.ownerReferences).toBeUndefined();
    const told = events.filter(({ regarding }) => regarding.kind === 'Decision');
    expect(told.map(({ type, reason, regarding }) => [type, reason, regarding.name])).toEqual([
      ['Warning', 'DecisionRefused', 'early'],
      ['Warning', 'DecisionRefused', 'late'],
    ]);
  });

  test('that cannot be read is rejected with what is wrong with it', async () => {
    const { api, clock } = aCluster([], (before) => put(before, 'broken', {}, { subject: undefined }));
    await clock.advance(5_000);
    expect(stateOf(api, 'broken')).toMatchObject({ state: 'Rejected', message: expect.stringContaining('spec.subject') as string });
  });

  test('of another Rollout of that name is rejected, and belongs to nobody', async () => {
    const { api, clock } = aCluster([], (before) => put(before, 'foreign', {}, { rollout: { name: 'web', uid: 'of-old' } }));
    await clock.advance(5_000);
    expect(stateOf(api, 'foreign')).toMatchObject({ state: 'Rejected', message: expect.stringContaining('of-old') as string });
    expect(api.object('decisions', 'shop/foreign')?.metadata.ownerReferences).toBeUndefined();
  });

  test('that was answered already keeps its answer', async () => {
    const { api, clock } = aCluster([], (before) => put(before, 'done', { state: 'Accepted' }));
    await clock.advance(minutes(1));
    expect([stateOf(api, 'done'), answers(api)]).toEqual([{ state: 'Accepted' }, []]);
  });

  test('may not be read: Rollouts go on all the same', async () => {
    const { api, clock } = aCluster(['list decisions']);
    await clock.advance(minutes(1));
    for (const name of both) expect(stalled(api, name)?.reason).not.toBe('Forbidden');
    expect(touched(api)).toContain('create deployments');
  });
});

test('the Rollout of a release whose analysis has failed comes before all that wait', async () => {
  const others = Array.from({ length: 60 }, (_, index) => `other-${index}`);
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
  const canaryRevision = templateHashOf(template);
  const at = '2026-01-01T00:00:00.000Z';
  const inMidRun = {
    ...{ phase: 'Progressing', observedGeneration: 1, conditions: [], stableRevision: '6d5f0c9b1e', canaryRevision, attempt: 1 },
    step: { index: 0, total: 1, label: '1/1', kind: 'setWeight', startedAt: at },
    weight: { desired: 0, written: 0, confirmedBy: 'Elapsed', confirmedAt: at },
    run: { startedAt: at, replicasFloor: 1 },
  };
  const rolloutOf = (name: string, generation: number, status: object) => {
    const metadata = {
      name,
      namespace: 'shop',
      generation,
      creationTimestamp: at,
      uid: `uid-rollouts-${name}`,
      finalizers: ['sluice.dev/rollout'],
    };
    return {
      ...goodRollout(),
      metadata,
      spec: { ...(goodRollout().spec as object), workloadRef: { name }, service: { name } },
      status,
    } as never;
  };
  const waiting = { phase: 'Degraded', observedGeneration: 1, conditions: [] };
  const { api, clock } = aCluster([], (before) => {
    before.put('rollouts', rolloutOf('web', 1, inMidRun));
    for (const name of others) before.put('rollouts', rolloutOf(name, 1, waiting));
  });
  await clock.advance(10_000);
  const from = api.writes.length;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  api.held.set('rollouts', held);
  for (const name of others) api.put('rollouts', rolloutOf(name, 2, waiting));
  await clock.advance(1_000);
  const owner = { apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid: 'uid-rollouts-web', controller: true };
  const made = { name: 'web', uid: 'uid-rollouts-web', kind: 'Background', revision: canaryRevision, attempt: 1 };
  const spec = { metrics: [{ name: 'cannot be read' }], rollout: made };
  api.put('analysisruns', { metadata: { name: 'web-bad', namespace: 'shop', ownerReferences: [owner] }, spec } as never);
  await clock.advance(1_000);
  api.held.clear();
  release();
  await clock.advance(1_000);
  const written = api.writes.slice(from).filter(({ call }) => call === 'patch rollouts/status');
  const names = written.map(({ name }) => name);
  expect(new Set(names)).toEqual(new Set(['web', ...others]));
  expect(written.find(({ name }) => name === 'web')?.body).toMatchObject({
    status: { phase: 'Aborting', abort: { reason: 'AnalysisError' } },
  });
  // Two are under way already.
  expect(names.indexOf('web')).toBeLessThan(3);
});

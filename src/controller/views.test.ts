import { setMaxListeners } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { goodRollout } from '../../test/cluster/kinds.cases.ts';
import { ClusterClock } from '../kube/index.ts';
import { quietContact } from '../kube/testing/quiet-contact.ts';
import { seededRandom, silentLogger, VirtualClock } from '../lib/index.ts';
import { createSources } from '../metrics/index.ts';
import { rolloutViewSchema } from '../server/schemas/view.ts';
import { DecisionLog } from './decision-log.ts';
import { RolloutController } from './rollout-controller.ts';
import { MemoryApi } from './testing/memory-api.ts';
import { Views } from './views.ts';

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

const key = { namespace: 'shop', name: 'web' };
const metadata = { ...key, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
const spec = { ...(goodRollout().spec as object), workloadRef: { name: 'web' }, service: { name: 'web' } };
const status = { observedGeneration: 1, phase: 'Progressing', stableRevision: 'aaaa', canaryRevision: 'bbbb', attempt: 1, conditions: [] };

const put = (api: MemoryApi, over: object = {}) => api.put('rollouts', { metadata, spec, status: { ...status, ...over } } as never);

const putRevision = (api: MemoryApi, revision: string, readyReplicas: number) =>
  api.put('deployments', {
    metadata: {
      ...{ name: `web-${revision}`, namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' },
      labels: { 'sluice.dev/rollout': 'web', 'sluice.dev/revision': revision },
      ownerReferences: [{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid: 'uid-rollouts-web', controller: true }],
    },
    spec: { replicas: 2, template: { spec: { containers: [{ name: 'web', image: `web:${revision}` }] } } },
    status: { readyReplicas },
  } as never);

/** A process that stands by: it never leads, and writes nothing. */
async function aStandby(namespaces: readonly string[] = []) {
  const api = new MemoryApi();
  put(api);
  putRevision(api, 'aaaa', 2);
  const clock = new VirtualClock();
  const shared = { client: api.client, contact: quietContact(clock), random: seededRandom(5), log: silentLogger, namespaces };
  const controller = new RolloutController({
    ...{ ...shared, clock: new ClusterClock(clock), recorder: { event() {} }, sources: createSources(), clusterDomain: 'cluster.local' },
    ...{ prometheusAddress: undefined, concurrency: 2, schedule: () => () => {}, epoch: () => undefined, onFenced() {}, onSettled() {} },
    onThings: (things) => views.touch(things),
  });
  const decisionLog = new DecisionLog({ ...shared, clock, onChange: (rollout) => views.touchRollout(rollout) });
  const views: Views = new Views({ cache: controller.stores, clock, namespaces, decisions: (uid) => decisionLog.of(uid) });
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const running = Promise.all([controller.watch(stop.signal), decisionLog.run(stop.signal)]);
  ending.push(async () => {
    stop.abort();
    await clock.advance(1);
    await running;
    expect(api.writes).toEqual([]);
  });
  await clock.advance(5_000);
  return { api, clock, views };
}

test('a standby shows what there is: the Rollout, its revisions, and the Decisions on it, answered or not', async () => {
  const { api, clock, views } = await aStandby();
  api.put('decisions', {
    metadata: { name: 'web-1', namespace: 'shop', creationTimestamp: '2026-01-01T00:01:00Z' },
    spec: {
      rollout: { name: 'web', uid: 'uid-rollouts-web' },
      revision: 'bbbb',
      attempt: 1,
      action: 'Abort',
      subject: 'alice',
      channel: 'api',
    },
    status: { state: 'Accepted', message: 'done', at: '2026-01-01T00:01:01.000Z' },
  } as never);
  await clock.advance(1_000);
  const view = views.get(key);
  expect(rolloutViewSchema.parse(JSON.parse(JSON.stringify(view)))).toEqual(view);
  expect(view).toMatchObject({
    phase: 'Progressing',
    canaryRevision: 'bbbb',
    decisions: [{ name: 'web-1', subject: 'alice', state: 'Accepted' }],
  });
  expect(view?.revisions).toMatchObject([{ revision: 'aaaa', role: 'Stable', pods: { ready: 2, wanted: 2 }, images: ['web:aaaa'] }]);
  expect([views.isSynced, views.keys().map(({ name }) => name), views.get({ ...key, name: 'other' })]).toEqual([true, ['web'], undefined]);
});

test('whoever watches a Rollout hears of everything that is its own, and of nothing else', async () => {
  const { api, clock, views } = await aStandby();
  let heard = 0;
  const unwatch = views.watch(key, () => {
    heard += 1;
  });
  const hears = async (change: () => unknown) => {
    heard = 0;
    change();
    await clock.advance(1_000);
    return heard > 0;
  };
  expect(await hears(() => put(api, { phase: 'Paused' }))).toBe(true);
  expect(await hears(() => putRevision(api, 'bbbb', 1))).toBe(true);
  expect(
    await hears(() =>
      api.put('decisions', {
        metadata: { name: 'web-2', namespace: 'shop', creationTimestamp: '2026-01-01T00:01:00Z' },
        spec: { rollout: { name: 'web', uid: 'u' }, revision: 'bbbb', attempt: 1, action: 'Abort', subject: 'alice' },
      } as never),
    ),
  ).toBe(true);
  expect(await hears(() => api.put('rollouts', { metadata: { ...metadata, name: 'api' }, spec, status } as never))).toBe(false);
  expect(await hears(() => api.put('configmaps', { metadata: { name: 'x', namespace: 'shop' } }))).toBe(false);
  unwatch();
  expect(await hears(() => put(api, { phase: 'Progressing' }))).toBe(false);
});

test('a Rollout that does not decode is shown as it was, with what is wrong with it', async () => {
  const { api, clock, views } = await aStandby();
  api.put('rollouts', { metadata, spec: { ...spec, strategy: {} }, status } as never);
  await clock.advance(1_000);
  const view = views.get(key);
  expect(rolloutViewSchema.parse(JSON.parse(JSON.stringify(view)))).toEqual(view);
  expect(view).toMatchObject({ phase: 'Progressing', stableRevision: 'aaaa', canaryRevision: 'bbbb', reason: 'InvalidSpec', actions: [] });
  expect(view?.message).toContain('spec.strategy');
});

test('namespaces that are not watched are not covered', async () => {
  const { views } = await aStandby(['shop']);
  expect(['shop', 'bank'].map((namespace) => views.covers(namespace))).toEqual([true, false]);
});

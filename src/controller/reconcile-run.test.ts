import { describe, expect, test } from 'vitest';
import { changed, goodRollout, type Members } from '../../test/cluster/kinds.cases.ts';
import { goodTemplate } from '../../test/cluster/kinds.other-cases.ts';
import type { KubeClient, KubeObject } from '../kube/index.ts';
import { quietContact } from '../kube/testing/quiet-contact.ts';
import { ok, seededRandom, silentLogger, VirtualClock } from '../lib/index.ts';
import { createSources } from '../metrics/index.ts';
import { Cache } from './cache.ts';
import { Confirmations } from './confirmations.ts';
import { Conflicts } from './conflicts.ts';
import { Measurer } from './measurer.ts';
import { Obstacles } from './obstacle.ts';
import { reconcileRun } from './reconcile-run.ts';
import { projectRollout } from './records.ts';
import { Refusals } from './refusals.ts';
import { projectRun } from './run-records.ts';
import { Settling } from './settling.ts';

const name = 'web-7c9d2f41aa-1-bg';
const made = { name: 'web', uid: 'r1', kind: 'Background', revision: '7c9d2f41aa', attempt: 1 };
const owner = { apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid: 'r1', controller: true };
const ofRollout = { 'metadata.ownerReferences': [owner], 'spec.rollout': made };
const metadata = { name, namespace: 'shop', uid: 'u1', resourceVersion: '5', generation: 1 };

const aRun = (changes: Members = {}): KubeObject => changed({ ...goodTemplate('AnalysisRun'), metadata }, changes) as unknown as KubeObject;

const plainly = { text: (value: string) => value, share: <Value>(value: Value) => value, compact: <Value>(record: Value) => record };

/** Reconciles one run twice over a server that stores what it is sent; what was sent, and which Rollouts were told. */
async function reconciled(object: KubeObject, { epoch = 1, rollout }: { readonly epoch?: number; readonly rollout?: KubeObject } = {}) {
  const sent: Members[] = [];
  const lanes: (string | undefined)[] = [];
  const told: (readonly [string, boolean])[] = [];
  const clock = new VirtualClock();
  const client = {
    patch: (_resource: unknown, _ref: unknown, body: Members, options: { readonly priority?: string }) => {
      sent.push(body);
      lanes.push(options.priority);
      const status = { ...(object.status as object | undefined), ...(body.status as object) };
      return Promise.resolve(ok({ ...object, metadata: { ...object.metadata, resourceVersion: '6' }, status } as KubeObject));
    },
  } as unknown as KubeClient;
  const shared = { client, clock, random: seededRandom(1), log: silentLogger };
  const nothing = () => {};
  const refusals = new Refusals({ clock, onChange: nothing });
  const cache = new Cache({
    ...shared,
    refusals,
    settling: new Settling({ clock, isBusy: () => false, onSettled: nothing }),
    contact: quietContact(clock),
    namespaces: [],
    onThings: nothing,
    onMeshSign: nothing,
    onRollout: nothing,
    onRun: nothing,
  });
  const key = `shop/${object.metadata.name}`;
  cache.runs.applied(key, projectRun(object));
  if (rollout !== undefined) cache.rollouts.applied('shop/web', projectRollout(rollout, plainly));
  const measurer = new Measurer({
    clock,
    sources: createSources(),
    kubeGet: () => Promise.reject(new Error('nothing is measured')),
    readSecret: () => Promise.reject(new Error('no Secret is read')),
    prometheusAddress: undefined,
    mesh: () => undefined,
    onFinished: nothing,
    onShareFinished: nothing,
  });
  const reconciler = {
    ...shared,
    cache,
    measurer,
    confirmations: new Confirmations(),
    obstacles: new Obstacles(nothing),
    conflicts: new Conflicts(),
    epoch: () => epoch,
    isMeshKnown: () => true,
    looksEarly: true,
    dialectOf: () => undefined,
    onVerdict: (rollout: string, isBad: boolean) => void told.push([rollout, isBad]),
  };
  const signal = new AbortController().signal;
  await reconcileRun(key, reconciler, signal);
  await reconcileRun(key, reconciler, signal);
  return { sent, lanes, told };
}

const brokenSpec: Members = { ...ofRollout, 'spec.metrics': [{ name: 'm', interval: 'soon', count: -1, provider: {} }] };

describe('an AnalysisRun that does not decode', () => {
  test('ends as an Error that has every error with its path, in one write; its Rollout hears of it', async () => {
    const { sent, told } = await reconciled(aRun(brokenSpec));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      metadata: { uid: 'u1', resourceVersion: '5' },
      status: { phase: 'Error', startedAt: expect.any(String) as string, completedAt: expect.any(String) as string },
    });
    const message = JSON.stringify(sent);
    for (const path of ['spec.metrics[0].interval', 'spec.metrics[0].count', 'spec.metrics[0].provider']) expect(message).toContain(path);
    expect(told).toEqual([['shop/web', true]]);
  });
  test('made by hand, ends the same way', async () => {
    const { sent, told } = await reconciled(aRun({ 'spec.metrics': 'all', 'metadata.name': 'by-hand' }));
    expect(sent).toMatchObject([{ status: { phase: 'Error' } }]);
    expect(told).toEqual([]);
  });
  test('that was over before says nothing any more', async () => {
    const status = { phase: 'Failed', completedAt: '2026-03-01T12:00:00.000Z', metricResults: [] };
    expect((await reconciled(aRun({ ...brokenSpec, status }))).sent).toEqual([]);
  });
  test('that is being deleted is left alone', async () =>
    expect((await reconciled(aRun({ ...brokenSpec, 'metadata.deletionTimestamp': '2026-03-01T12:00:00Z' }))).sent).toEqual([]));
});

test('a verdict that ends a release goes to the server by the lane of the cuts', async () =>
  expect((await reconciled(aRun(brokenSpec))).lanes).toEqual(['cut']));

test('a status that cannot be read is written down as an Error, over whatever is there', async () => {
  const { sent } = await reconciled(aRun({ ...ofRollout, status: { phase: 'Glorious', metricResults: [] } }));
  expect(sent).toMatchObject([
    { status: { phase: 'Error', message: 'the stored status cannot be read', completedAt: expect.any(String) as string } },
  ]);
});

describe('a run whose Rollout a newer leader has written', () => {
  const rollout = changed(goodRollout(), {
    metadata: { ...metadata, name: 'web', uid: 'r1' },
    status: { epoch: 7 },
  }) as unknown as KubeObject;
  const run = aRun(ofRollout);
  test('is left to that one by an older leader', async () => {
    expect((await reconciled(run, { rollout, epoch: 6 })).sent).toEqual([]);
    expect((await reconciled(aRun(brokenSpec), { rollout, epoch: 6 })).sent).toEqual([]);
  });
  test('begins by the lane of whatever is in no hurry', async () =>
    expect((await reconciled(run, { rollout, epoch: 7 })).lanes).toEqual(['normal']));
  test('is looked after by the leader that wrote it, by a later one, and by one without an election', async () => {
    for (const epoch of [7, 8, 0]) expect((await reconciled(run, { rollout, epoch })).sent).toHaveLength(1);
  });
});

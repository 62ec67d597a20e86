import { describe, expect, test } from 'vitest';
import { aWorld, stableRevision } from '../../test/support/worlds.ts';
import { configHash } from '../core/revision.ts';
import type { KubeClient, KubeObject, ObjectMeta } from '../kube/index.ts';
import { fail, ok, VirtualClock } from '../lib/index.ts';
import type { Cache } from './cache.ts';
import { writeRevision } from './execute-revision.ts';
import { markOf } from './records.ts';

const owner = { namespace: 'shop', name: 'web', uid: 'uid-new', workload: { name: 'web', uid: 'uid-workload' } };
const labels = { 'sluice.dev/rollout': 'web', 'sluice.dev/revision': stableRevision };
const ofWorkload = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-workload' };
const ofRollout = (uid: string) => ({ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid, controller: true });

/** What is sent where the Deployment of the revision is there already, with this metadata. */
async function makingOver(present: Partial<ObjectMeta>) {
  const patches: unknown[] = [];
  const object: KubeObject = {
    metadata: { name: `web-${stableRevision}`, namespace: 'shop', uid: 'u', resourceVersion: '7', labels, ...present },
  };
  const client = {
    create: () => Promise.resolve(fail({ kind: 'alreadyExists', message: 'it exists' })),
    get: () => Promise.resolve(ok(object)),
    patch: (_resource: unknown, _ref: unknown, body: object) => {
      patches.push(body);
      return Promise.resolve(ok(object));
    },
  } as unknown as KubeClient;
  const executors = { client, clock: new VirtualClock(), cache: {} as Cache, decisions: { on: () => [] }, absorb: () => {} };
  const effect = { kind: 'createDeployment', revision: stableRevision, replicas: 2, template: {}, configs: [] } as const;
  const scene = { world: aWorld().build(), target: undefined, owner, resourceVersion: '1' };
  const { ok: isMade } = await writeRevision(effect, scene, executors, new AbortController().signal);
  return { isMade, patches };
}

describe('a revision’s object that exists already', () => {
  test('is ours from before a crash', async () =>
    expect(await makingOver({ ownerReferences: [ofRollout('uid-new')] })).toEqual({ isMade: true, patches: [] }));
  test('left over by a Rollout of this name that is gone without its finalizer, is taken over: it may serve to this day', async () => {
    const { isMade, patches } = await makingOver({
      annotations: { 'sluice.dev/rollout-uid': 'uid-old' },
      ownerReferences: [ofWorkload],
    });
    expect(isMade).toBe(true);
    expect(patches).toMatchObject([
      {
        metadata: {
          ...{ uid: 'u', resourceVersion: '7' },
          annotations: { 'sluice.dev/rollout-uid': 'uid-new' },
          ownerReferences: [{ kind: 'Rollout', uid: 'uid-new' }, ofWorkload],
        },
      },
    ]);
  });
  test.each<[string, Partial<ObjectMeta>]>([
    ['another Rollout’s', { ownerReferences: [ofRollout('uid-other')], annotations: { 'sluice.dev/rollout-uid': 'uid-other' } }],
    [
      'another controller’s',
      { ownerReferences: [{ ...ofWorkload, controller: true }], annotations: { 'sluice.dev/rollout-uid': 'uid-old' } },
    ],
    ['a user’s', { labels: {} }],
    ['a user’s, with our label', {}],
  ])('is left alone where it is %s', async (_, present) => expect(await makingOver(present)).toEqual({ isMade: false, patches: [] }));
});

describe('the copy of a configuration', () => {
  async function copying(data: object) {
    const made: unknown[] = [];
    const client = {
      get: (_: unknown, { name }: { name: string }) => Promise.resolve(ok({ metadata: { name, uid: 'u', resourceVersion: '1' }, data })),
      create: (_: unknown, __: unknown, body: object) => {
        made.push(body);
        return Promise.resolve(ok(body as KubeObject));
      },
    } as unknown as KubeClient;
    const executors = { client, clock: new VirtualClock(), cache: {} as Cache, decisions: { on: () => [] }, absorb: () => {} };
    const config = { kind: 'ConfigMap', name: 'colors', hash: configHash({ data: { COLOR: 'blue' } }) } as const;
    const effect = { kind: 'copyConfig', config, revision: stableRevision } as const;
    const scene = { world: aWorld().build(), target: undefined, owner, resourceVersion: '1' };
    return { written: await writeRevision(effect, scene, executors, new AbortController().signal), made };
  }

  test('is made of the content that was hashed', async () => {
    const { written, made } = await copying({ COLOR: 'blue' });
    expect(written.ok).toBe(true);
    expect(made).toMatchObject([{ metadata: { name: `colors-${stableRevision}` }, immutable: true, data: { COLOR: 'blue' } }]);
  });
  test('is not made of what has come since: that is another revision', async () =>
    expect(await copying({ COLOR: 'red' })).toMatchObject({ written: { ok: false, failure: { kind: 'conflict' } }, made: [] }));
});

describe('a revision that is removed', () => {
  /** What is removed, and as which object, where this has the name of its copy of a ConfigMap. */
  async function removing(copy: Partial<ObjectMeta> | undefined) {
    const removed: unknown[] = [];
    const client = {
      get: (_: unknown, { name }: { name: string }) =>
        Promise.resolve(
          copy === undefined
            ? fail({ kind: 'notFound', message: 'there is none' })
            : ok({ metadata: { name, namespace: 'shop', uid: 'uid-copy', resourceVersion: '7', labels, ...copy } }),
        ),
      delete: (_: unknown, { name }: { name: string }, { preconditions }: { preconditions: object }) => {
        removed.push([name, preconditions]);
        return Promise.resolve(ok(undefined));
      },
    } as unknown as KubeClient;
    const executors = { client, clock: new VirtualClock(), cache: {} as Cache, decisions: { on: () => [] }, absorb: () => {} };
    const healthy = aWorld().build();
    const revisions = healthy.revisions.map((revision) =>
      revision.deployment === undefined
        ? revision
        : { ...revision, deployment: { ...revision.deployment, copies: [{ kind: 'ConfigMap' as const, name: 'colors' }] } },
    );
    const scene = { world: { ...healthy, revisions }, target: undefined, owner, resourceVersion: '1' };
    const effect = { kind: 'deleteRevision', revision: stableRevision } as const;
    expect(await writeRevision(effect, scene, executors, new AbortController().signal)).toMatchObject({ ok: true });
    return removed.map((each) => JSON.stringify(each)).filter((each) => each.includes('colors'));
  }

  test('takes its copies with it, each as the object that it is', async () =>
    expect(await removing({ ownerReferences: [ofRollout('uid-new')] })).toEqual([`["colors-${stableRevision}",{"uid":"uid-copy"}]`]));
  test('leaves what is a user’s under the name of a copy', async () => expect(await removing({ labels: {} })).toEqual([]));
  test('goes where a copy is gone already', async () => expect(await removing(undefined)).toEqual([]));
});

test('an object is ours by its reference; where the collector has taken that away, by what it says itself', () => {
  const metadata = { name: 'x', uid: 'u', resourceVersion: '1', labels };
  const annotations = { 'sluice.dev/rollout-uid': 'uid-rollout' };
  expect(markOf({ ...metadata, ownerReferences: [ofRollout('r')] })?.ownerUid).toBe('r');
  expect(markOf({ ...metadata, annotations, ownerReferences: [ofWorkload] })?.ownerUid).toBe('uid-rollout');
  expect(markOf({ ...metadata, annotations, ownerReferences: [{ ...ofWorkload, controller: true }] })?.ownerUid).toBeUndefined();
  expect(markOf({ ...metadata, annotations, labels: {} })).toBeUndefined();
});

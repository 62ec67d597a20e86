import { describe, expect, it } from 'vitest';
import type { ManagedFieldsEntry, ObjectMeta } from '../../kube/index.ts';
import { aRecord, owner } from '../testing/splits.ts';
import { lastManagerOf } from './last-manager.ts';
import { readSplit } from './read.ts';

const controlledBy = (apiVersion: string, kind: string, name: string, uid = 'uid-of-another'): Partial<ObjectMeta> => ({
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true }],
});

const stampOf = (uid: string) => ({
  'sluice.dev/rollout-uid': uid,
  'sluice.dev/epoch': '1',
  'sluice.dev/written-at': '2026-11-03T12:00:00.000Z',
  'sluice.dev/wrote': 'a=100',
});

const ownershipOf = (metadata: Partial<ObjectMeta>) => {
  const view = readSplit(aRecord({ metadata }), owner);
  return view.kind === 'present' ? view.ownership : undefined;
};

const ours = { kind: 'ours' };
const plain = { kind: 'plain' };
const foreign = (text: string) => ({ kind: 'foreign', owner: expect.stringContaining(text) as string });

describe('who owns a split', () => {
  it.each<[string, Partial<ObjectMeta>, object]>([
    ['nobody’s mark', {}, plain],
    ['our controller reference', controlledBy('sluice.dev/v1alpha1', 'Rollout', 'web', owner.uid), ours],
    ['our stamp', { annotations: stampOf(owner.uid) }, ours],
    ['our stamp, spoilt but for the uid', { annotations: { 'sluice.dev/rollout-uid': owner.uid, 'sluice.dev/epoch': 'x' } }, ours],
    ['a Flagger Canary', controlledBy('flagger.app/v1beta1', 'Canary', 'web'), foreign('Canary web (Flagger)')],
    ['an Argo Rollout', controlledBy('argoproj.io/v1alpha1', 'Rollout', 'web'), foreign('Rollout web (Argo Rollouts)')],
    [
      'an Argo Rollout of our own uid?',
      { ...controlledBy('argoproj.io/v1alpha1', 'Rollout', 'web'), annotations: stampOf(owner.uid) },
      foreign('Argo Rollouts'),
    ],
    ['another Rollout of ours', controlledBy('sluice.dev/v1alpha1', 'Rollout', 'web2'), foreign('Rollout web2 (Sluice)')],
    ['an earlier Rollout of the name', controlledBy('sluice.dev/v1alpha1', 'Rollout', 'web'), foreign('earlier Rollout web')],
    ['an unknown controller', controlledBy('example.com/v1', 'Widget', 'w'), foreign('Widget w (example.com/v1)')],
    ['Rio', controlledBy('rio.cattle.io/v1', 'Service', 'web'), foreign('Rio')],
    [
      'Flagger without the controller flag',
      { ownerReferences: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'web', uid: 'u' }] },
      foreign('Flagger'),
    ],
    [
      'OLM',
      { ownerReferences: [{ apiVersion: 'operators.coreos.com/v1alpha1', kind: 'ClusterServiceVersion', name: 'csv', uid: 'u' }] },
      foreign('Operator Lifecycle Manager'),
    ],
    ['a reference that only collects', { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'bundle', uid: 'u' }] }, plain],
    ['linkerd-failover', { labels: { 'failover.linkerd.io/controlled-by': 'linkerd-failover' } }, foreign('linkerd-failover')],
    ['linkerd-failover’s annotation', { annotations: { 'failover.linkerd.io/primary-service': 'web' } }, foreign('linkerd-failover')],
    [
      'a Rancher object set',
      {
        annotations: { 'objectset.rio.cattle.io/owner-gvk': 'rio.cattle.io/v1, Kind=Service', 'objectset.rio.cattle.io/owner-name': 'web' },
      },
      foreign('Rio or another Rancher controller (rio.cattle.io/v1, Kind=Service web)'),
    ],
    ['a Rancher hash', { labels: { 'objectset.rio.cattle.io/hash': 'abc' } }, foreign('Rancher')],
    ['Gloo Mesh parents', { annotations: { 'parents.networking.mesh.gloo.solo.io': '{}' } }, foreign('Gloo Mesh')],
    ['Gloo Mesh owner', { labels: { 'owner.networking.mesh.gloo.solo.io': 'gloo-mesh' } }, foreign('Gloo Mesh')],
    ['Flagger’s managed-by', { labels: { 'app.kubernetes.io/managed-by': 'flagger' } }, foreign('Flagger')],
    ['Flagger’s annotation', { annotations: { 'flagger.app/original-configuration': '{}' } }, foreign('Flagger')],
    ['Argo Rollouts’ annotation', { annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'web' } }, foreign('Argo Rollouts')],
    ['OLM’s labels', { labels: { 'olm.managed': 'true', 'olm.owner': 'csv.v1' } }, foreign('Operator Lifecycle Manager (csv.v1)')],
    ['OLM’s component label', { labels: { 'operators.coreos.com/mesh.operators': '' } }, foreign('Operator Lifecycle Manager')],
    ['Helm', { labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations: { 'meta.helm.sh/release-name': 'shop' } }, plain],
    ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } }, plain],
    ['Argo CD', { labels: { 'argocd.argoproj.io/instance': 'shop' }, annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }, plain],
    [
      'the stamp of another Rollout',
      { labels: { 'sluice.dev/rollout': 'pay' }, annotations: stampOf('uid-of-pay') },
      foreign('Rollout pay (Sluice)'),
    ],
    ['a stamp without a name', { annotations: stampOf('uid-of-pay') }, foreign('uid-of-pay')],
    [
      'a stamp of a Rollout that was called as ours',
      { labels: { 'sluice.dev/rollout': 'web' }, annotations: stampOf('uid-of-old') },
      plain,
    ],
    [
      'our stamp under a mark of another',
      { labels: { 'failover.linkerd.io/controlled-by': 'x' }, annotations: stampOf(owner.uid) },
      foreign('linkerd-failover'),
    ],
    [
      'our reference under a mark of another',
      { labels: { 'failover.linkerd.io/controlled-by': 'x' }, ...controlledBy('sluice.dev/v1alpha1', 'Rollout', 'web', owner.uid) },
      ours,
    ],
  ])('%s', (_, metadata, ownership) => {
    expect(ownershipOf(metadata)).toEqual(ownership);
  });

  it('needs an object', () => {
    expect(readSplit(undefined, owner)).toEqual({ kind: 'absent' });
  });

  it.each(['sluice.dev/epoch', 'sluice.dev/written-at', 'sluice.dev/wrote', 'sluice.dev/rollout-uid'])(
    'takes a stamp without %s for none',
    (key) => {
      const { [key as keyof ReturnType<typeof stampOf>]: _, ...annotations } = stampOf(owner.uid);
      expect(readSplit(aRecord({ metadata: { annotations } }), owner)).toMatchObject({ stamp: undefined });
    },
  );
});

describe('lastManagerOf', () => {
  const entry = (manager: string, second: number, fields: unknown, rest: object = {}): ManagedFieldsEntry =>
    ({ manager, operation: 'Update', time: `2026-11-03T12:00:0${second}Z`, fieldsV1: { 'f:spec': fields }, ...rest }) as ManagedFieldsEntry;
  const all = { 'f:service': {}, 'f:backends': {} };

  it.each<[string, readonly ManagedFieldsEntry[] | undefined, string | undefined]>([
    ['no entries', undefined, undefined],
    ['nothing of the spec', [{ manager: 'kubectl', fieldsV1: { 'f:metadata': {} } }], undefined],
    ['only us', [entry('sluice', 1, all)], undefined],
    ['an editor after us', [entry('sluice', 1, { 'f:service': {} }), entry('kubectl-edit', 2, { 'f:backends': {} })], 'kubectl-edit'],
    [
      'us after an applier that keeps the root',
      [entry('flux', 3, { 'f:service': {} }), entry('sluice', 2, { 'f:backends': {} })],
      undefined,
    ],
    ['an applier who shares our weights, in the same second', [entry('flux', 2, all), entry('sluice', 2, all)], undefined],
    ['an applier who came later with our weights', [entry('flux', 3, all), entry('sluice', 2, all)], 'flux'],
    ['no times', [{ manager: 'helm', fieldsV1: { 'f:spec': all } }], 'helm'],
    ['no name', [{ fieldsV1: { 'f:spec': all } }], 'unknown'],
  ])('%s', (_, entries, manager) => {
    expect(lastManagerOf(entries)).toBe(manager);
  });
});

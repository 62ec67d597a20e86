import { describe, expect, it } from 'vitest';
import { aRecord, owner, type SplitFields } from '../testing/splits.ts';
import { splitConflicts } from './conflicts.ts';

const kindsOf = (splits: readonly SplitFields[], changes: object = {}) =>
  splitConflicts({
    namespace: 'shop',
    splitName: 'web',
    root: 'web',
    services: ['web-canary', 'web-stable'],
    rollout: owner,
    splits: splits.map(aRecord),
    ...changes,
  }).map(({ kind }) => kind);

const ourReference = {
  ownerReferences: [{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid: owner.uid, controller: true }],
};

describe('splitConflicts', () => {
  it.each<[string, readonly SplitFields[], readonly string[]]>([
    ['nothing', [], []],
    ['our own split', [{}], []],
    ['a split of others', [{ name: 'pay', service: 'pay', backends: [['pay-a', 1]] }], []],
    ['the same root', [{ name: 'other' }], ['OtherSplit']],
    ['the same root, spelled by Gloo Mesh', [{ name: 'other', service: 'web.shop' }], ['OtherSplit']],
    ['the same root, spelled whole', [{ name: 'other', service: 'web.shop.svc.cluster.local' }], ['OtherSplit']],
    ['the same name in another namespace', [{ name: 'web', namespace: 'pay' }], []],
    ['our root from another namespace', [{ name: 'web', namespace: 'pay', service: 'web.shop' }], ['OtherSplit']],
    ['our root as a backend', [{ name: 'edge', service: 'edge', backends: [['web', 1]] }], ['RootIsBackend']],
    ['a backend of ours as a root', [{ name: 'inner', service: 'web-canary.shop.svc', backends: [['x', 1]] }], ['BackendIsRoot']],
    [
      'a split on the root that refers to itself',
      [
        {
          name: 'argo',
          backends: [
            ['web', 1],
            ['web-b', 0],
          ],
        },
      ],
      ['OtherSplit'],
    ],
    ['a self reference stored in our own split', [{ backends: [['web', 1]] }], []],
    ['matches in our own split', [{ matches: [{ kind: 'HTTPRouteGroup', name: 'x' }] }], ['HasMatches']],
    ['no matches', [{ matches: [] }], []],
    ['a plain split for another root', [{ service: 'shop-front' }], ['OtherRoot']],
    ['our split, its root edited', [{ service: 'shop-front', metadata: ourReference }], []],
    [
      'our split with another’s mark',
      [{ metadata: { ...ourReference, labels: { 'failover.linkerd.io/controlled-by': 'x' } } }],
      ['Marked'],
    ],
    [
      'several',
      [{ name: 'b' }, { name: 'a', service: 'web-stable', backends: [['web', 1]] }],
      ['RootIsBackend', 'BackendIsRoot', 'OtherSplit'],
    ],
  ])('finds in %s what stands in the way', (_, splits, kinds) => {
    expect(kindsOf(splits)).toEqual(kinds);
  });

  it('refuses the root as a backend of its own', () => {
    expect(kindsOf([], { services: ['web', 'web-stable'] })).toEqual(['SelfReference']);
  });

  it('says whose the other split is', () => {
    const [first] = splitConflicts({
      namespace: 'shop',
      splitName: 'web',
      root: 'web',
      services: [],
      rollout: owner,
      splits: [
        aRecord({
          name: 'x',
          metadata: { ownerReferences: [{ apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'web', uid: 'u', controller: true }] },
        }),
      ],
    });
    expect(first?.message).toBe('TrafficSplit x splits Service web as well (Canary web (Flagger))');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf, sendsAlike } from '../../core/split.ts';
import type { KubeObject } from '../../kube/index.ts';
import { asJson, frozen, mergePatch, weightsIn } from '../testing/merge-patch.ts';
import { aSplit, aTrafficSplit, owner } from '../testing/splits.ts';
import { readSplit, splitOf } from './read.ts';
import { projectSplit } from './record.ts';
import { patchSplit, portabilityProblem, renderSplit } from './render.ts';
import { splitVersions } from './versions.ts';

const stamp = { rollout: owner.uid, epoch: 4, writtenAtMs: Date.UTC(2026, 10, 3, 12, 0, 0, 7) };
const anyVersion = fc.constantFrom(...splitVersions);
const anyPercent = fc.integer({ min: 0, max: 100 });

/** The body as the API server would return it. */
function stored(body: unknown): KubeObject {
  const object = body as KubeObject;
  return { ...object, metadata: { ...object.metadata, uid: 'uid-of-split', resourceVersion: '8' } };
}

describe('renderSplit', () => {
  it('writes the object that the contract shows', () => {
    expect(renderSplit({ split: aSplit(10), version: 'v1alpha2', name: 'web', owner, stamp })).toEqual({
      apiVersion: 'split.smi-spec.io/v1alpha2',
      kind: 'TrafficSplit',
      metadata: {
        name: 'web',
        namespace: 'shop',
        labels: { 'sluice.dev/rollout': 'web' },
        annotations: {
          'sluice.dev/epoch': '4',
          'sluice.dev/rollout-uid': owner.uid,
          'sluice.dev/written-at': '2026-11-03T12:00:00.007Z',
          'sluice.dev/wrote': 'web-canary=10,web-stable=90',
        },
        ownerReferences: [{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid: owner.uid, controller: true }],
      },
      spec: {
        service: 'web',
        backends: [
          { service: 'web-canary', weight: 10 },
          { service: 'web-stable', weight: 90 },
        ],
      },
    });
  });

  it('reads back as it was meant, in every version', () => {
    fc.assert(
      fc.property(anyVersion, anyPercent, (version, percent) => {
        const split = frozen(aSplit(percent));
        const view = readSplit(projectSplit(stored(asJson(renderSplit({ split, version, name: 'web', owner, stamp })))), owner);
        expect(view).toEqual({
          kind: 'present',
          uid: 'uid-of-split',
          resourceVersion: '8',
          split,
          stamp: { ...stamp, fingerprint: fingerprintOf(split) },
          ownership: { kind: 'ours' },
          lastManager: undefined,
        });
      }),
    );
  });

  it('writes bare whole numbers that sum to 100 and are never all zero', () => {
    fc.assert(
      fc.property(anyVersion, anyPercent, (version, percent) => {
        const weights = weightsIn(asJson(renderSplit({ split: aSplit(percent), version, name: 'web', owner, stamp })));
        expect(weights.every(Number.isInteger)).toBe(true);
        expect(weights.map(Number).reduce((sum, weight) => sum + weight, 0)).toBe(100);
      }),
    );
  });

  it('writes matches where the version keeps them, and refuses to where it would prune them', () => {
    const matches = [{ kind: 'HTTPRouteGroup', name: 'beta' }] as const;
    const order = { split: aSplit(10), name: 'web', owner, stamp, matches };
    expect(renderSplit({ ...order, version: 'v1alpha3' })).toMatchObject({ spec: { matches } });
    expect(() => renderSplit({ ...order, version: 'v1alpha2' })).toThrow('no matches');
  });

  it.each([
    [
      'a fraction',
      [
        ['a', 0.5],
        ['b', 99.5],
      ],
      'no whole number',
    ],
    [
      'a negative weight',
      [
        ['a', -1],
        ['b', 101],
      ],
      'no whole number',
    ],
    [
      'another sum',
      [
        ['a', 1],
        ['b', 1],
      ],
      'sum to 100',
    ],
    [
      'all zero',
      [
        ['a', 0],
        ['b', 0],
      ],
      'sum to 100',
    ],
    ['no backend', [], 'sum to 100'],
    [
      'a backend twice',
      [
        ['a', 50],
        ['a', 50],
      ],
      'twice',
    ],
    ['the root as a backend', [['web', 100]], 'own backend'],
    ['a long name', [['a.shop.svc', 100]], 'not plain'],
  ] as const)('has no words for %s', (_, backends, problem) => {
    const split = { root: 'web', backends: backends.map(([service, weight]) => ({ service, weight })) };
    expect(portabilityProblem(split)).toContain(problem);
    expect(() => renderSplit({ split, version: 'v1alpha4', name: 'web', owner, stamp })).toThrow(problem);
  });
});

describe('patchSplit', () => {
  const anyForeign = fc.record({
    labels: fc.dictionary(fc.constantFrom('team', 'app.kubernetes.io/name'), fc.string({ maxLength: 5 })),
    annotations: fc.dictionary(fc.constantFrom('note', 'kubectl.kubernetes.io/last-applied-configuration'), fc.string({ maxLength: 5 })),
    matches: fc.option(fc.constant([{ kind: 'HTTPRouteGroup', name: 'beta' }]), { nil: undefined }),
    extra: fc.option(fc.jsonValue(), { nil: undefined }),
  });

  it('changes root, backends and our marks, and nothing else', () => {
    fc.assert(
      fc.property(anyVersion, anyPercent, anyForeign, (version, percent, { labels, annotations, matches, extra }) => {
        const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'bundle', uid: 'u' };
        const before = aTrafficSplit({
          backends: [
            ['old-a', '500m'],
            ['old-b', 1],
            ['old-c', 7],
          ],
          service: 'web.shop.svc',
          ...(matches === undefined ? {} : { matches }),
          metadata: { labels, annotations, ownerReferences: [reference], finalizers: ['example.com/hold'] },
        });
        const object = frozen({ ...before, spec: { ...(before.spec as object), extra } });
        const split = aSplit(percent);
        const patch = asJson(patchSplit({ split, version, owner, stamp, uid: 'uid-of-split', resourceVersion: '7' }));
        expect(patch).toMatchObject({ metadata: { uid: 'uid-of-split', resourceVersion: '7' } });
        const after = mergePatch(object, patch) as KubeObject;
        expect(after.metadata.labels).toMatchObject(labels);
        expect(after.metadata.annotations).toMatchObject(annotations);
        expect(after.metadata.ownerReferences).toEqual([reference]);
        expect(after.metadata.finalizers).toEqual(['example.com/hold']);
        expect(after.spec).toMatchObject({ ...(matches === undefined ? {} : { matches }), ...(extra === undefined ? {} : { extra }) });
        const record = projectSplit(after);
        expect(splitOf(record)).toEqual(split);
        expect(readSplit(record, owner)).toMatchObject({ ownership: { kind: 'ours' }, stamp: { epoch: 4 } });
      }),
    );
  });
});

describe('splitOf', () => {
  it('gives weights as they are stored, so that they differ from whole percents', () => {
    const record = projectSplit(
      aTrafficSplit({
        backends: [
          ['web-canary.shop', '500m'],
          ['web-stable.shop.svc.cluster.local', 1],
        ],
        service: 'web.shop',
      }),
    );
    expect(splitOf(record)).toEqual({
      root: 'web',
      backends: [
        { service: 'web-canary', weight: 0.5 },
        { service: 'web-stable', weight: 1 },
      ],
    });
  });

  it.each([
    [
      [
        ['a', 'many'],
        ['b', 100],
      ],
    ],
    [
      [
        ['a', -5],
        ['b', 100],
      ],
    ],
    [
      [
        ['a', null],
        ['b', 100],
      ],
    ],
    [[['', 100]]],
    [[[7, 100]]],
  ])('equals no split of ours where %j is stored', (backends) => {
    const split = splitOf(projectSplit(aTrafficSplit({ backends: backends as [string, unknown][] })));
    fc.assert(fc.property(anyPercent, (percent) => !sendsAlike(split, aSplit(percent))));
    expect(split.backends).toEqual([]);
  });

  it.each([undefined, null, 7, [], { backends: {} }, { service: 1, backends: [null, 'x', 3] }])(
    'survives %j in place of a spec',
    (spec) => {
      expect(splitOf(projectSplit({ ...aTrafficSplit(), spec }))).toEqual({ root: '', backends: [] });
    },
  );
});

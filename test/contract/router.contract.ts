import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Split } from '../../src/core/split.ts';
import type { KubeObject } from '../../src/kube/index.ts';
import type { MeshFacts, MeshWrite, RouterOrder, RouterSubject, RouterTarget, TrafficRouter } from '../../src/traffic/index.ts';
import { asJson, frozen, mergePatch, weightsIn } from '../../src/traffic/testing/merge-patch.ts';

/** What a router needs to be put under the contract. */
export interface RouterFixture {
  readonly config: unknown;
  /** A cluster in which the config works; one in which it cannot. */
  readonly mesh: MeshFacts;
  readonly emptyMesh: MeshFacts;
}

const owner = { namespace: 'shop', name: 'web', uid: 'uid-of-rollout' };
const subject: RouterSubject = { namespace: 'shop', root: 'web', rollout: owner, services: ['web-canary', 'web-stable'] };
const stamp = { rollout: owner.uid, epoch: 3, writtenAtMs: Date.UTC(2026, 10, 3) };
const splitAt = (percent: number): Split => ({
  root: 'web',
  backends: [
    { service: 'web-canary', weight: percent },
    { service: 'web-stable', weight: 100 - percent },
  ],
});
const anyPercent = fc.integer({ min: 0, max: 100 });

/** The object after a write, as the API server would return it. */
function stored(write: MeshWrite, before?: KubeObject): KubeObject {
  const object = mergePatch(before, asJson(write.body)) as KubeObject;
  const version = before === undefined ? '1' : String(Number(before.metadata.resourceVersion) + 1);
  return { ...object, metadata: { ...object.metadata, uid: 'uid-of-object', resourceVersion: version } };
}

/** What every router keeps to, whatever the mesh. */
export function routerContract(name: string, router: TrafficRouter, fixture: RouterFixture): void {
  const { config } = frozen(fixture);
  const target = (): RouterTarget => {
    const result = router.resolve(config, frozen(fixture.mesh));
    if (!result.ok) throw new Error(result.failure.message);
    return result.value;
  };
  const write = (percent: number, current: RouterOrder['current']) =>
    router.render(config, target(), frozen({ split: splitAt(percent), owner, stamp, current }));
  const read = (objects: readonly KubeObject[], who = subject) => {
    const records = objects.map((object) => router.project(target().resource, frozen(object))).filter((record) => record !== undefined);
    return router.read(config, target(), who, records);
  };

  describe(`router ${name}`, () => {
    it('says why it cannot work in a cluster without its API', () => {
      const result = router.resolve(config, frozen(fixture.emptyMesh));
      expect(result.ok).toBe(false);
      if (!result.ok) expect(result.failure.message).not.toBe('');
    });

    it('asks for permission to watch all that it reads, and to write what it writes', () => {
      for (const { verbs, versions } of router.resources) {
        expect(versions.length).toBeGreaterThan(0);
        expect(verbs).toEqual(expect.arrayContaining(['list', 'watch']));
      }
      const { group, plural, version } = target().resource;
      const need = router.resources.find((resource) => resource.group === group && resource.plural === plural);
      expect(need?.verbs).toEqual(expect.arrayContaining(['create', 'patch', 'delete']));
      expect(need?.versions).toContain(version);
    });

    it('finds nothing where there is nothing', () => {
      expect(read([])).toMatchObject({ split: { kind: 'absent' }, adapter: { kind: 'unseen' }, conflict: undefined });
    });

    it('reads back what it made, as ours, with its stamp', () => {
      fc.assert(
        fc.property(anyPercent, (percent) => {
          const created = write(percent, undefined);
          expect(created).toMatchObject({ kind: 'create', namespace: 'shop', name: router.objectName(config, 'web') });
          const { split, conflict } = read([stored(created)]);
          expect(conflict).toBeUndefined();
          if (split.kind !== 'present') throw new Error('absent');
          expect(split).toMatchObject({ uid: 'uid-of-object', resourceVersion: '1', ownership: { kind: 'ours' }, stamp });
          expect(split.split.root).toBe('web');
          expect(split.split.backends.filter(({ weight }) => weight > 0)).toEqual(
            splitAt(percent).backends.filter(({ weight }) => weight > 0),
          );
        }),
      );
    });

    it('gives what it made to no other Rollout', () => {
      const other = { ...subject, rollout: { name: 'web2', uid: 'uid-of-another' } };
      expect(read([stored(write(10, undefined))], other).split).toMatchObject({ ownership: { kind: 'foreign' } });
    });

    it('moves weight by one patch that carries what it assumed', () => {
      fc.assert(
        fc.property(anyPercent, anyPercent, (from, to) => {
          const before = stored(write(from, undefined));
          const theirs = { ...before, metadata: { ...before.metadata, annotations: { ...before.metadata.annotations, note: 'keep' } } };
          const patch = write(to, { uid: 'uid-of-object', resourceVersion: '1' });
          expect(patch.kind).toBe('patch');
          expect(patch.body).toMatchObject({ metadata: { uid: 'uid-of-object', resourceVersion: '1' } });
          const after = stored(patch, theirs);
          expect(after.metadata.annotations).toMatchObject({ note: 'keep' });
          expect(read([after])).toEqual(read([{ ...stored(write(to, undefined)), metadata: after.metadata }]));
        }),
      );
    });

    it('writes whole weights that sum to 100, never all zero', () => {
      fc.assert(
        fc.property(anyPercent, fc.constantFrom(undefined, { uid: 'u', resourceVersion: '1' }), (percent, current) => {
          const weights = weightsIn(asJson(write(percent, current).body));
          expect(weights.every(Number.isInteger)).toBe(true);
          expect(weights.map(Number).reduce((sum, weight) => sum + weight, 0)).toBe(100);
        }),
      );
    });

    it('finds its own object by the keys it asks for', () => {
      const record = router.project(target().resource, stored(write(10, undefined)));
      if (record === undefined) throw new Error('no record');
      const wanted = router.keysFor(config, target(), subject);
      expect(router.keysOf(record).filter((key) => wanted.includes(key))).not.toEqual([]);
    });

    it('survives any spec', () => {
      const base = stored(write(10, undefined));
      fc.assert(
        fc.property(fc.jsonValue(), (spec) => {
          expect(read([{ ...base, spec }]).split.kind).toBe('present');
        }),
      );
    });
  });
}

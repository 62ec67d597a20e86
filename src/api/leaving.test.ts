import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { badRollouts, changed, fullRollout, goodRollout } from '../../test/cluster/kinds.cases.ts';
import { aWorld, conditionOf, kindsOf } from '../../test/support/worlds.ts';
import { plan } from '../core/planner.ts';
import type { KubeObject } from '../kube/object.ts';
import { decodeLeavingRollout, decodeRollout } from './decode.ts';
import { finalizer } from './group.ts';

const leaving = { 'metadata.deletionTimestamp': '2026-03-01T12:00:00Z', 'metadata.finalizers': [finalizer], 'metadata.uid': 'u1' };
const stored = (base: object, changes: Readonly<Record<string, unknown>> = {}): KubeObject =>
  changed(base as ReturnType<typeof goodRollout>, { ...leaving, ...changes }) as unknown as KubeObject;
const pathsOfErrors = (object: KubeObject) => {
  const decoded = decodeLeavingRollout(object);
  return decoded.ok ? [] : decoded.failure.map(({ path }) => path);
};
const canary = 'spec.strategy.canary';

describe('a Rollout that is being deleted', () => {
  test('is, where it is valid, what it always was', () =>
    expect(decodeLeavingRollout(stored(fullRollout()))).toEqual(decodeRollout(stored(fullRollout()))));

  test.each([
    ['steps', { [`${canary}.steps`]: [{ setWeight: 20 }, { setWieght: 30 }] }],
    ['no steps', { [canary]: {} }],
    ['no strategy', { 'spec.strategy': null }],
    ['analysis', { [`${canary}.analysis`]: { templates: 'all' } }],
    ['windows', { 'spec.windows': [{ kind: 'Deny', schedule: '0 0 31 2 *', duration: '1h' }] }],
    ['durations', { 'spec.progressDeadline': 'soon', [`${canary}.scaleDownDelay`]: -1, [`${canary}.confirmation`]: { maxLag: 'long' } }],
    ['replicas', { 'spec.replicas': 'many' }],
    ['ports of a Service of ours', { 'spec.service.ports': [{ port: 0 }], 'spec.service.pinSelector': 'Perhaps' }],
    ['a name that nobody may give any more', { 'metadata.name': '1web' }],
    ['status', { status: { phase: 'Vanishing', stableRevision: '6d5f0c9b1e', stage: 7, weight: { desired: 'all' }, conditions: {} } }],
  ])('needs no %s that can be read', (_, changes) => {
    const object = stored(goodRollout(), changes);
    expect(decodeRollout(object).ok).toBe(false);
    expect(pathsOfErrors(object)).toEqual([]);
  });

  test('keeps what can be read', () => {
    const decoded = decodeLeavingRollout(
      stored(goodRollout(), {
        'spec.replicas': 7,
        'spec.windows': 'none',
        [`${canary}.confirmation`]: { maxLag: '3s' },
        [`${canary}.steps`]: 'all',
      }),
    );
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.failure));
    expect(decoded.value).toMatchObject({ isDeleting: true, hasFinalizer: true, spec: { replicas: 7, windows: [] } });
    expect(decoded.value.spec.strategy.canary).toMatchObject({ confirmation: { maxLag: 3000, timeout: 60_000 }, scaleDownDelay: 300_000 });
    expect(decoded.value.spec.strategy.canary.steps).toBeUndefined();
  });

  test('of a template of its own leaves nothing behind, so that the template need not be a good one', () => {
    const own = { 'spec.workloadRef': undefined, 'spec.template': { spec: { containers: [] } } };
    expect(pathsOfErrors(stored(goodRollout(), own))).toEqual([]);
  });

  test.each([
    ['the workload', { 'spec.workloadRef': { name: 'web', kind: 'StatefulSet' } }, ['spec.workloadRef.kind']],
    ['whether there is one', { 'spec.template': { spec: {} } }, ['spec']],
    ['the Service', { 'spec.service.name': 7 }, ['spec.service.name']],
    ['the router', { 'spec.traffic': { smi: { provider: 'tomorrow' } } }, ['spec.traffic.smi.provider']],
    ['the stable revision', { status: { stableRevision: 7 } }, ['status.stableRevision']],
    [
      'all of them, and nothing else',
      { 'spec.workloadRef.name': 'W', 'spec.traffic': {}, 'spec.windows': 1, [`${canary}.steps`]: 1 },
      ['spec.workloadRef.name', 'spec.traffic'],
    ],
  ])('says what it cannot do without: %s', (_, changes, paths) =>
    expect(pathsOfErrors(stored(goodRollout(), changes)).toSorted()).toEqual(paths.toSorted()),
  );

  test('is decoded whatever is wrong outside of workload, Service and traffic', () => {
    const others = badRollouts.filter(({ paths }) =>
      paths.every((path) => /^(spec\.(strategy|windows|replicas|progress|revision)|metadata)/.test(path)),
    );
    expect(others.length).toBeGreaterThan(10);
    for (const { object } of others) expect(pathsOfErrors(stored(JSON.parse(JSON.stringify(object)) as object))).toEqual([]);
  });

  test('never throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('spec', 'spec.strategy', canary, 'spec.template', 'spec.service', 'status'),
        fc.jsonValue(),
        (path, value) => {
          const decoded = decodeLeavingRollout(stored(goodRollout(), { [path]: value }));
          return decoded.ok || decoded.failure.length > 0;
        },
      ),
      { numRuns: 500 },
    );
  });

  test('goes through Terminating like any other: the weight goes first', () => {
    const midRun = aWorld().atStep(3).withWeight(50).build();
    const decoded = decodeLeavingRollout(
      stored(goodRollout(), { 'spec.windows': 'none', [`${canary}.steps`]: [{}], status: midRun.rollout.status }),
    );
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.failure));
    const next = plan({ ...midRun, rollout: decoded.value });
    expect(next.status).toMatchObject({ phase: 'Terminating', stage: { name: 'Returning' }, weight: { desired: 0 } });
    expect(kindsOf(next)).toEqual(['writeSplit']);
    expect(conditionOf(next, 'Stalled')).toBeUndefined();
  });
});

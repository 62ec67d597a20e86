import { expect, test } from 'vitest';
import { aWorld, stableRevision } from '../../test/support/worlds.ts';
import type { RolloutStatus } from '../core/rollout.ts';
import type { KubeClient, KubeObject, ListQuery, ObjectRef, Resource } from '../kube/index.ts';
import { fail, ok } from '../lib/index.ts';
import { isGivingUp, LastLooks, readAnew } from './read-anew.ts';

const profiles: Resource = {
  group: 'linkerd.io',
  version: 'v1alpha2',
  plural: 'serviceprofiles',
  kind: 'ServiceProfile',
  namespaced: true,
};

test('what the writes of a plan are about is read past the watches; what cannot be read is left out', async () => {
  const absorbed: string[] = [];
  const get = (resource: Resource, { namespace, name }: ObjectRef) =>
    Promise.resolve(
      resource.plural === 'services'
        ? fail({ kind: 'notFound', message: 'gone' })
        : ok<KubeObject>({ metadata: { name, namespace, uid: 'u', resourceVersion: '9' } }),
    );
  const list = ({ plural }: Resource, query: ListQuery) => {
    const metadata = { name: `${plural} of ${query.namespace} by ${query.labelSelector}`, uid: 'u', resourceVersion: '9' };
    return Promise.resolve(ok({ items: [{ metadata }], resourceVersion: '12' }));
  };
  const client = { get, list } as unknown as KubeClient;
  const world = aWorld().build();
  const absorb = (resource: Resource, { metadata }: KubeObject, asOf = 'itself') =>
    void absorbed.push(`${resource.plural} ${metadata.name}${asOf === 'itself' ? '' : ` as of ${asOf}`}`);
  const { signal } = new AbortController();
  await readAnew(world, [{ resource: profiles, name: 'web.shop' }], { client, absorb }, signal);
  expect(absorbed).toContain('serviceprofiles web.shop');
  expect(absorbed).toContain(`rollouts ${world.rollout.name}`);
  expect(absorbed).toContain(`deployments web-${stableRevision}`);
  expect(absorbed.filter((line) => line.startsWith('services'))).toEqual([]);
  expect(absorbed).toContain('endpointslices endpointslices of shop by sluice.dev/rollout=web as of 12');
});

test('people are called where a release is given up, and where a weight does not arrive: once for each', () => {
  const { status } = aWorld().build().rollout;
  const saying = (
    type: 'Stalled' | 'WeightConfirmed' | 'Ready',
    reason: 'WeightNotApplied' | 'ProgressDeadlineExceeded',
  ): RolloutStatus => ({
    ...status,
    conditions: [{ type, status: 'False', reason, message: '', lastTransitionTime: '', observedGeneration: 1 }],
  });
  const unapplied = saying('WeightConfirmed', 'WeightNotApplied');
  const late = saying('Stalled', 'ProgressDeadlineExceeded');
  const asked = [
    isGivingUp(unapplied, status),
    isGivingUp(unapplied, unapplied),
    isGivingUp(late, unapplied),
    isGivingUp({ ...unapplied, abort: { reason: 'ProgressDeadlineExceeded', message: '', at: '' } }, unapplied),
    isGivingUp(saying('Ready', 'WeightNotApplied'), status),
    isGivingUp(undefined, status),
  ];
  expect(asked).toEqual([true, false, true, true, false, false]);
});

test('a release is given up when its pods or its weight are late for the first time, whether or not it is stalled by that', () => {
  const { status } = aWorld().build().rollout;
  const saying = (type: string, reason: string) => ({
    ...status,
    conditions: [{ type, status: 'False' as const, reason, message: '', lastTransitionTime: '2026-01-01T00:00:00.000Z' }],
  });
  const late = [
    saying('Stalled', 'ProgressDeadlineExceeded'),
    saying('Stalled', 'WeightNotApplied'),
    saying('WeightConfirmed', 'WeightNotApplied'),
  ];
  expect(late.map((next) => isGivingUp(next, status))).toEqual([true, true, true]);
  expect(late.map((next) => isGivingUp(next, next))).toEqual([false, false, false]);
  expect(
    isGivingUp({ ...status, abort: { reason: 'ProgressDeadlineExceeded', message: '', at: '2026-01-01T00:00:00.000Z' } }, status),
  ).toBe(true);
  expect(
    [undefined, saying('Stalled', 'Contended'), saying('WeightConfirmed', 'AwaitingWeight')].map((next) => isGivingUp(next, status)),
  ).toEqual([false, false, false]);
});

test('a canary is let go for another template by what the server says; one that failed or has no pods is cut at once', () => {
  const world = aWorld().build().rollout.status;
  const under: RolloutStatus = { ...world, phase: 'Progressing', canaryRevision: 'b', weight: { desired: 20 } };
  const out: RolloutStatus = { ...under, weight: { desired: 0 } };
  const ended = { revision: 'b', startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '', outcome: 'Superseded' } as const;
  const gone = { ...out, canaryRevision: undefined, phase: 'Healthy' } as const;
  expect({
    cut: isGivingUp(out, under),
    entry: isGivingUp({ ...gone, history: [ended] }, out),
    again: isGivingUp({ ...gone, history: [ended] }, { ...out, history: [ended] }),
    promoted: isGivingUp({ ...gone, history: [{ ...ended, outcome: 'Promoted' }] }, { ...under, weight: { desired: 100 } }),
    failed: isGivingUp({ ...out, abort: { reason: 'AnalysisFailed', message: '', at: '' } }, under),
    bare: isGivingUp({ ...out, canaryUnavailableSince: '2026-01-01T00:00:00.000Z' }, under),
    bareFor30s: isGivingUp({ ...out, abort: { reason: 'CanaryUnavailable', message: '', at: '' } }, out),
    bareAgain: isGivingUp({ ...out, abort: { reason: 'CanaryUnavailable', message: '', at: '' } }, under),
    deleted: isGivingUp({ ...out, phase: 'Terminating' }, under),
  }).toEqual({
    ...{ cut: true, entry: true, again: false, promoted: false, failed: false, bare: false },
    ...{ bareFor30s: true, bareAgain: false, deleted: false },
  });
});

test('what was read within a minute is not read again before it is given up', () => {
  const looks = new LastLooks();
  expect([0, 59_999, 60_000].map((nowMs) => looks.isDue('shop/web', nowMs))).toEqual([true, false, true]);
  looks.forget('shop/web');
  expect(looks.isDue('shop/web', 60_001)).toBe(true);
});

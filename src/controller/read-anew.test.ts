import { expect, test } from 'vitest';
import { aWorld, stableRevision } from '../../test/support/worlds.ts';
import type { KubeClient, KubeObject, ObjectRef, Resource } from '../kube/index.ts';
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
  const client = { get } as unknown as KubeClient;
  const world = aWorld().build();
  const absorb = (resource: Resource, { metadata }: KubeObject) => void absorbed.push(`${resource.plural} ${metadata.name}`);
  const { signal } = new AbortController();
  expect(await readAnew(world, [{ resource: profiles, name: 'web.shop', resourceVersion: '9' }], { client, absorb }, signal)).toBe(true);
  expect(absorbed).toContain('serviceprofiles web.shop');
  expect(absorbed).toContain(`rollouts ${world.rollout.name}`);
  expect(absorbed).toContain(`deployments web-${stableRevision}`);
  expect(absorbed.filter((line) => line.startsWith('services'))).toEqual([]);
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

test('what was read within a minute is not read again before it is given up', () => {
  const looks = new LastLooks();
  expect([0, 59_999, 60_000].map((nowMs) => looks.isDue('shop/web', nowMs))).toEqual([true, false, true]);
  looks.forget('shop/web');
  expect(looks.isDue('shop/web', 60_001)).toBe(true);
});

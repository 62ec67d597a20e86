import { describe, expect, test } from 'vitest';
import type { KubeFailure } from '../kube/index.ts';
import { VirtualClock } from '../lib/index.ts';
import { Refusals, unreadable } from './refusals.ts';
import { configMaps, deployments, services } from './resources.ts';

const forbidden: KubeFailure = { kind: 'forbidden', message: 'no' };
const away: KubeFailure = { kind: 'network', message: 'refused' };
const longEnoughMs = 6_000;

function aBed() {
  const clock = new VirtualClock();
  const seen: (readonly string[])[] = [];
  const all = [deployments, services, configMaps];
  const refusals = new Refusals({ clock, onChange: () => void seen.push(refusals.among(all)) });
  return { clock, seen, refusals, all };
}

describe('a refused watch', () => {
  test('counts once it has lasted, and ends with the first answer', async () => {
    const { clock, seen, refusals } = aBed();
    const hear = refusals.listener(deployments, undefined);
    hear(forbidden);
    await clock.advance(4_000);
    expect(refusals.among([deployments])).toEqual([]);
    await clock.advance(2_000);
    expect(refusals.among([deployments])).toEqual(['deployments.apps']);
    await refusals.first;
    hear(undefined);
    await clock.advance(longEnoughMs);
    expect(seen).toEqual([['deployments.apps'], []]);
  });
  test('that is granted at once was never one', async () => {
    const { clock, seen, refusals } = aBed();
    const hear = refusals.listener(deployments, undefined);
    hear(forbidden);
    await clock.advance(1_000);
    hear(undefined);
    await clock.advance(longEnoughMs);
    expect(seen).toEqual([]);
  });
  test('stays one while the API server is away', async () => {
    const { clock, refusals } = aBed();
    const hear = refusals.listener(deployments, undefined);
    hear(forbidden);
    await clock.advance(longEnoughMs);
    hear(away);
    hear(forbidden);
    expect(refusals.among([deployments])).toEqual(['deployments.apps']);
  });
  test('with others is told of together', async () => {
    const { clock, seen, refusals, all } = aBed();
    for (const resource of all) refusals.listener(resource, undefined)(forbidden);
    await clock.advance(longEnoughMs);
    expect(seen).toEqual([['deployments.apps', 'services', 'configmaps']]);
  });
  test('in one namespace is no trouble of another', async () => {
    const { clock, refusals } = aBed();
    refusals.listener(services, 'shop')(forbidden);
    await clock.advance(longEnoughMs);
    expect(refusals.among([services], 'shop')).toEqual(['services in namespace shop']);
    expect(refusals.among([services], 'bank')).toEqual([]);
    expect(refusals.among([services])).toEqual(['services in namespace shop']);
  });
  test('is forgotten with its reflector', async () => {
    const { clock, refusals } = aBed();
    refusals.listener(services, undefined)(forbidden);
    await clock.advance(longEnoughMs);
    refusals.listener(services, undefined);
    expect(refusals.among([services])).toEqual([]);
  });
  test('leaves no timer when it ends', () => {
    const { clock, refusals } = aBed();
    refusals.listener(services, undefined)(forbidden);
    refusals.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

test('people hear what may not be read, and what to apply', () =>
  expect(unreadable(['services', 'deployments.apps'])).toBe(
    'the controller may not list and watch services, deployments.apps; apply the output of: sluice render rbac',
  ));

import { expect, test } from 'vitest';
import type { Resource } from '../kube/index.ts';
import { createSimulation } from './index.ts';

const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true };
const lease = { namespace: 'sluice-system', name: 'sluice-controller' };

const holderOf = ({ sandbox }: ReturnType<typeof createSimulation>): string => {
  const spec = sandbox.client.get(leases, lease)?.spec as { readonly holderIdentity?: string } | undefined;
  return spec?.holderIdentity ?? '';
};

test('of two processes one leads; killed, the other takes over once the lease has expired, and not before', async () => {
  const simulation = createSimulation({ seed: 1 });
  const replicas = ['one', 'two'].map((name) => simulation.start(name));
  await simulation.runUntil(() => holderOf(simulation) !== '', 60_000);
  const first = replicas.find(({ identity }) => identity === holderOf(simulation));
  const other = replicas.find((replica) => replica !== first);
  first?.kill();
  const killedMs = simulation.clock.monotonicMs();
  expect(await simulation.runUntil(() => holderOf(simulation) === other?.identity, 60_000)).toBe(true);
  expect(simulation.clock.monotonicMs() - killedMs).toBeGreaterThan(10_000);
  // It learns of it a moment later.
  await simulation.runFor(100);
  expect([first?.ended(), first?.isLeading(), other?.isLeading()]).toEqual(['killed', false, true]);
  simulation.close();
});

test('told to stop, the leader gives the lease away at once', async () => {
  const simulation = createSimulation({ seed: 2 });
  const one = simulation.start('one');
  await simulation.runUntil(() => holderOf(simulation) === one.identity, 60_000);
  const two = simulation.start('two');
  await simulation.runFor(5_000);
  one.stop();
  expect(await simulation.runUntil(() => holderOf(simulation) === two.identity, 5_000)).toBe(true);
  expect(one.ended()).toBe('stopped');
  simulation.close();
});

test('a frozen leader writes nothing, and ends when it goes on and finds its lease expired', async () => {
  const simulation = createSimulation({ seed: 3 });
  const one = simulation.start('one');
  await simulation.runUntil(() => holderOf(simulation) === one.identity, 60_000);
  const two = simulation.start('two');
  await simulation.runFor(5_000);
  one.time.freeze();
  expect(await simulation.runUntil(() => holderOf(simulation) === two.identity, 60_000)).toBe(true);
  one.time.thaw();
  await simulation.runFor(5_000);
  expect(one.ended()).toBe('lost');
  expect(holderOf(simulation)).toBe(two.identity);
  simulation.close();
});

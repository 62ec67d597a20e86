import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { resources } from './objects/index.ts';
import { aBench, deploymentDraft, must, namespace } from './testing/bench.ts';

/** Everything that is written and everything that is sent, with its time, while a lot goes wrong. */
function traceOf(seed: number): { hash: string; writes: number; batches: number } {
  const hash = createHash('sha256');
  const counts = { batch: 0, write: 0 };
  const count = (kind: keyof typeof counts, entry: unknown) => {
    counts[kind] += 1;
    hash.update(`${kind} ${JSON.stringify(entry)}\n`);
  };
  const bench = aBench({
    seed,
    hasEndpoints: true,
    mesh: { mode: 'linkerd', lag: { adapterMs: [0, 20_000], routesMs: [0, 20_000], endpointsMs: [0, 20_000] } },
    sinks: [{ record: (batch) => count('batch', batch) }],
  });
  const { sandbox, clock } = bench;
  sandbox.server.store.onCommit(({ type, key, object }) => count('write', [clock.monotonicMs(), type, key, object]));
  for (const app of ['web-a', 'web-b']) {
    bench.deploy({ name: app, replicas: 4, behaviour: { 'latency-ms': '5-80', 'error-rate': '0.1' } });
    bench.service(app, { app });
  }
  bench.service('web', { app: 'web-a' });
  bench.split('web', { 'web-a': 100, 'web-b': 0 });
  bench.run(5_000);
  bench.load({
    arrivals: 'poisson',
    proxies: 3,
    rate: { kind: 'bursty', perSecond: 30, burstPerSecond: 200, everyMs: 20_000, lastsMs: 3_000 },
  });
  for (const weight of [10, 30, 60, 100]) {
    bench.split('web', { 'web-a': 100 - weight, 'web-b': weight });
    bench.run(7_000);
    const [victim, other] = bench.pods('web-b');
    if (victim !== undefined) sandbox.faults.evict(victim.metadata);
    if (other !== undefined) sandbox.faults.crash(other.metadata);
    bench.run(7_000);
  }
  must(
    sandbox.client.patch(
      resources.deployments,
      { namespace, name: 'web-a' },
      { spec: deploymentDraft({ name: 'web-a', image: 'example/app:2' }).spec },
    ),
  );
  bench.run(60_000);
  return { hash: hash.digest('hex'), writes: counts.write, batches: counts.batch };
}

test('the same seed gives the same trace, to the last byte; another seed another one', () => {
  const first = traceOf(7);
  expect(first.writes).toBeGreaterThan(100);
  expect(first.batches).toBeGreaterThan(1_000);
  expect(traceOf(7)).toEqual(first);
  expect(traceOf(8).hash).not.toBe(first.hash);
});

import { expect, test } from 'vitest';
import type { Result } from '../../lib/index.ts';
import { fail, ok, VirtualClock } from '../../lib/index.ts';
import type { Problem } from '../decider.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';
import { Hub } from './hub.ts';
import type { Sink } from './viewer.ts';

/** A client that reads, or does not. */
class Client implements Sink {
  text = '';
  isOpen = true;
  isReading = true;
  readonly chunks: Buffer[] = [];
  readonly #listeners = new Map<string, () => void>();
  write(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    this.text += chunk.toString();
    return this.isReading;
  }
  end(chunk?: Buffer): void {
    if (chunk !== undefined) this.text += chunk.toString();
    this.destroy();
  }
  destroy(): void {
    this.isOpen = false;
    this.#listeners.get('close')?.();
  }
  on(event: string, listener: () => void): void {
    this.#listeners.set(event, listener);
  }
  drain(): void {
    this.isReading = true;
    this.#listeners.get('drain')?.();
  }
  get weights(): readonly number[] {
    return [...this.text.matchAll(/"weight":\{"desired":(\d+)/g)].map(([, weight]) => Number(weight));
  }
  get lastId(): string {
    return (
      this.text
        .match(/^id: (\S+)$/gm)
        ?.at(-1)
        ?.slice(4) ?? ''
    );
  }
}

function aHub(over: { mostViewers?: number; mostOfOne?: number } = {}) {
  const cluster = new FakeCluster();
  const clock = new VirtualClock(Date.UTC(2026, 2, 1));
  const hub = new Hub({ source: cluster.source, clock, mostViewers: 100, mostOfOne: 100, ...over });
  const key = { namespace: 'shop', name: 'web' };
  const change = (desired: number) => {
    cluster.put('shop', 'web', { canaryRevision: 'bbbb', weight: { desired } });
    cluster.sync();
  };
  let answer: Result<unknown, Problem> = ok(undefined);
  let reviews = 0;
  const join = (more: { username?: string; expiresAtMs?: number; lastEventId?: string } = {}) => {
    const client = new Client();
    const review = async () => {
      reviews += 1;
      return answer;
    };
    hub.join({ key, sink: client, username: 'alice', review, ...more });
    return client;
  };
  const answerReviews = (now: typeof answer) => {
    answer = now;
  };
  change(10);
  return { hub, cluster, clock, change, join, answerReviews, reviews: () => reviews };
}

const settled = (clock: VirtualClock) => clock.advance(200);

test('who joins sees what is, and then what changes; a change of nothing that is shown is none', async () => {
  const { join, change, clock, cluster } = aHub();
  const client = join();
  expect(client.text).toMatch(/^retry: 3000\n\nid: \S+\nevent: rollout\ndata: \{.*\}\n\n$/);
  change(20);
  await settled(clock);
  cluster.sync();
  await settled(clock);
  expect(client.weights).toEqual([10, 20]);
});

test('changes that come together are shown together, and all see the same bytes', async () => {
  const { join, change, clock } = aHub();
  const clients = [join(), join(), join()];
  await settled(clock);
  for (const desired of [11, 12, 13, 14]) change(desired);
  await settled(clock);
  expect(clients.map(({ weights }) => weights)).toEqual([1, 2, 3].map(() => [10, 14]));
  // Made once: not equal, but the same.
  expect(new Set(clients.map(({ chunks }) => chunks.at(-1))).size).toBe(1);
});

test('a thousand who look cost one look at each change', async () => {
  const { hub, cluster, clock, change } = aHub({ mostViewers: 1_000, mostOfOne: 1_000 });
  const { source } = cluster;
  let looks = 0;
  const counting = {
    watch: source.watch,
    get: (key: Parameters<typeof source.get>[0]) => {
      looks += 1;
      return source.get(key);
    },
  };
  const counted = new Hub({ source: counting, clock, mostViewers: 1_000, mostOfOne: 1_000 });
  const clients = Array.from({ length: 1_000 }, () => {
    const sink = new Client();
    counted.join({ sink, key: { namespace: 'shop', name: 'web' }, username: 'alice', review: async () => ok(undefined) });
    return sink;
  });
  expect([looks, counted.viewers, hub.viewers]).toEqual([1, 1_000, 0]);
  change(20);
  await settled(clock);
  expect([looks, new Set(clients.map(({ chunks }) => chunks.at(-1))).size]).toEqual([2, 1]);
  expect(clients[999]?.weights).toEqual([10, 20]);
});

test('who comes again with the id of what is gets nothing twice', async () => {
  const { join, change, clock } = aHub();
  const { lastId } = join();
  expect(join({ lastEventId: lastId }).weights).toEqual([]);
  change(20);
  await settled(clock);
  expect(join({ lastEventId: lastId }).weights).toEqual([20]);
});

test('who does not read holds nothing up, gets the newest later, and is dropped after half a minute', async () => {
  const { join, change, clock, hub } = aHub();
  const [slow, quick, stuck] = [join(), join(), join()];
  slow.isReading = false;
  stuck.isReading = false;
  for (const desired of [20, 30, 40, 50]) {
    change(desired);
    await settled(clock);
  }
  expect([slow.weights, quick.weights]).toEqual([
    [10, 20],
    [10, 20, 30, 40, 50],
  ]);
  slow.drain();
  expect(slow.weights).toEqual([10, 20, 50]);
  await clock.advance(31_000);
  expect([slow.isOpen, stuck.isOpen, hub.viewers]).toEqual([true, false, 2]);
});

test('a silent stream says every 15 s that it is alive', async () => {
  const { join, clock } = aHub();
  const client = join();
  await clock.advance(46_000);
  expect(client.text.match(/^: keep-alive$/gm)).toHaveLength(3);
});

test('a stream ends with its token', async () => {
  const { join, clock, hub } = aHub();
  const client = join({ expiresAtMs: clock.nowMs() + 20_000 });
  await clock.advance(19_000);
  expect(client.isOpen).toBe(true);
  await clock.advance(1_000);
  expect([client.isOpen, hub.viewers]).toEqual([false, 0]);
  expect(client.text).toContain('event: end\ndata: {"reason":"Unauthenticated"}\n\n');
});

test.each([
  [401, 'Unauthenticated'],
  [403, 'NotAllowed'],
] as const)('a review that fails with %i ends the stream within a minute and a half', async (status, reason) => {
  const { join, clock, answerReviews } = aHub();
  const client = join();
  answerReviews(fail({ status, reason, detail: '' }));
  await clock.advance(91_000);
  expect(client.isOpen).toBe(false);
  expect(client.text).toContain(`{"reason":"${reason}"}`);
});

test('an API server that does not answer ends no stream for five minutes', async () => {
  const { join, clock, answerReviews, reviews } = aHub();
  const client = join();
  answerReviews(fail({ status: 503, reason: 'NotServing', detail: '' }));
  await clock.advance(240_000);
  expect([client.isOpen, reviews() >= 3]).toEqual([true, true]);
  await clock.advance(130_000);
  expect(client.isOpen).toBe(false);
});

test('a Rollout that goes ends its streams; one that there is not has none', async () => {
  const { join, clock, cluster, hub } = aHub();
  const client = join();
  cluster.rollouts.delete('shop/web');
  cluster.sync();
  await settled(clock);
  expect(client.isOpen).toBe(false);
  expect(client.text).toContain('{"reason":"NotFound"}');
  expect(join().isOpen).toBe(false);
  expect([hub.viewers, cluster.watched]).toEqual([0, 0]);
});

test('there is room for so many, and for fewer of one', () => {
  const { hub, join } = aHub({ mostViewers: 3, mostOfOne: 2 });
  join();
  join();
  expect(hub.admits('alice')).toMatchObject({ ok: false, failure: { status: 429, reason: 'TooManyViewers' } });
  const bob = join({ username: 'bob' });
  expect(hub.admits('carol')).toMatchObject({ ok: false, failure: { status: 503, reason: 'TooManyViewers' } });
  bob.destroy();
  expect(hub.admits('carol').ok).toBe(true);
});

test('whoever leaves is forgotten, with every timer', async () => {
  const { join, hub, clock, cluster } = aHub();
  const clients = [join(), join()];
  for (const client of clients) client.destroy();
  await clock.advance(2_000);
  expect([hub.viewers, cluster.watched, clock.pendingTimers]).toEqual([0, 0, 0]);
});

test('a replica that goes ends all streams, and takes no more', async () => {
  const { join, hub } = aHub();
  const client = join();
  hub.close();
  expect(client.isOpen).toBe(false);
  expect(client.text).toContain('{"reason":"NotServing"}');
  expect(hub.admits('alice')).toMatchObject({ ok: false, failure: { status: 503 } });
});

import { describe, expect, test } from 'vitest';
import { latencyBoundsMs, type RequestBatch, RequestLedger } from './requests.ts';

const batch = (given: Partial<RequestBatch> = {}): RequestBatch => ({
  atMs: 0,
  namespace: 'shop',
  rootService: 'web',
  port: 80,
  split: 'web',
  backendService: 'web-2',
  server: { workload: 'web-2', pod: 'web-2-a' },
  client: { kind: 'meshed', namespace: 'shop', workload: 'curl' },
  status: 200,
  latencyMs: 12,
  count: 1,
  ...given,
});

const counts = (ledger: RequestLedger) => [...ledger.tallies()].map(({ route, count }) => [route.status, route.server?.pod, count]);

describe('the ledger of requests', () => {
  test('adds up what has the same route and status, and keeps the rest apart', () => {
    const ledger = new RequestLedger();
    ledger.record(batch({ count: 3 }));
    ledger.record(batch({ count: 4, latencyMs: 30 }));
    ledger.record(batch({ status: 503 }));
    ledger.record(batch({ server: { workload: 'web-2', pod: 'web-2-b' } }));
    expect(counts(ledger)).toEqual([
      [200, 'web-2-a', 7],
      [503, 'web-2-a', 1],
      [200, 'web-2-b', 1],
    ]);
  });

  test('counts latencies up to and including a bound', () => {
    const ledger = new RequestLedger();
    for (const [latencyMs, count] of [
      [10, 5],
      [10.1, 7],
      [20, 1],
      [9_000_000, 2],
    ] as const)
      ledger.record(batch({ latencyMs, count }));
    const [tally] = ledger.tallies();
    const upTo = (bound: number) => latencyBoundsMs.reduce((sum, each, at) => (each <= bound ? sum + (tally?.perBound[at] ?? 0) : sum), 0);
    expect([5, 10, 20, 3_600_000].map(upTo)).toEqual([0, 5, 13, 13]);
    expect(tally?.perBound[latencyBoundsMs.length]).toBe(2);
    expect(tally?.latencySumMs).toBeCloseTo(50 + 70.7 + 20 + 18_000_000);
  });

  test('forgets the counters of a pod, and of a client, that restarted', () => {
    const ledger = new RequestLedger();
    ledger.record(batch({ count: 9 }));
    ledger.record(batch({ server: { workload: 'web-2', pod: 'web-2-b' }, client: { kind: 'meshed', namespace: 'shop', workload: 'bot' } }));
    ledger.forgetPod('shop', 'web-2-a');
    ledger.forgetPod('other', 'web-2-b');
    ledger.record(batch({ count: 1 }));
    expect(counts(ledger)).toEqual([
      [200, 'web-2-b', 1],
      [200, 'web-2-a', 1],
    ]);
    ledger.forgetClient('shop', 'bot');
    expect(counts(ledger)).toEqual([[200, 'web-2-a', 1]]);
  });

  test('a batch of none leaves no trace: a series begins with the first request', () => {
    const ledger = new RequestLedger();
    ledger.record(batch({ count: 0 }));
    expect(counts(ledger)).toEqual([]);
  });

  test('its bounds rise', () => {
    expect([...latencyBoundsMs].sort((left, right) => left - right)).toEqual(latencyBoundsMs);
  });
});

import { afterAll, expect, test } from 'vitest';
import { reasons } from '../core/reasons.ts';
import { seededRandom } from '../lib/index.ts';
import { anApp } from './testing/app.ts';
import { malformedKinds, malformedRequests } from './testing/malformed.ts';

/** `node scripts/run.mjs bench/api.ts` sends a hundred thousand. */
const count = Number(process.env.SLUICE_MALFORMED_REQUESTS) || 2_000;

const { app, cluster } = anApp({ perCaller: 1_000_000, perAddress: 10_000_000 });
afterAll(() => app.close());

test(`${count} malformed requests of ${malformedKinds.length} kinds: each is refused as a problem, and nothing is written`, async () => {
  const seen = new Map<string, number>();
  for (const { kind, ...request } of malformedRequests(seededRandom(1), count)) {
    const { statusCode, body, headers } = await app.inject(request);
    const what = JSON.stringify({ kind, ...request, payload: String(request.payload).slice(0, 200) });
    expect([statusCode >= 400 && statusCode < 500, what, statusCode]).toEqual([true, what, statusCode]);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(reasons).toHaveProperty((JSON.parse(body) as { reason: string }).reason);
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  expect([...seen.keys()].toSorted()).toEqual(malformedKinds.toSorted());
  expect(cluster.decisions.size).toBe(0);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

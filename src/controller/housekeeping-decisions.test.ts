import { expect, test } from 'vitest';
import type { KubeClient, KubeObject } from '../kube/index.ts';
import { fail, ok, silentLogger, VirtualClock } from '../lib/index.ts';
import { surplusDecisions, tidyDecisions } from './housekeeping-decisions.ts';

const now = Date.UTC(2026, 5, 1);
const day = 86_400_000;

/** The oldest last. */
const made = (rollout: string, count: number, ageDays: number, state: string | null = 'Accepted'): KubeObject[] =>
  Array.from({ length: count }, (_, index) => {
    const name = `${rollout}-${index}`;
    const creationTimestamp = new Date(now - ageDays * day - index * 1_000).toISOString();
    return {
      ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Decision', spec: { rollout: { name: rollout } } },
      metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp },
      ...(state === null ? {} : { status: { state } }),
    };
  });
const names = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name);

test('of each Rollout the newest hundred are kept, whatever their age', () => {
  expect(names(surplusDecisions([...made('web', 103, 60), ...made('api', 100, 60)], now))).toEqual(['web-100', 'web-101', 'web-102']);
});

test('a month of them is kept, however many there are', () => {
  expect(surplusDecisions(made('web', 500, 29), now)).toEqual([]);
});

test('one without an answer is kept', () => {
  expect(surplusDecisions(made('web', 500, 60, null), now)).toEqual([]);
});

test('those are removed, each as the object that was looked at; a list that is refused removes nothing', async () => {
  const removed: unknown[] = [];
  const client = {
    list: (_: unknown, query: { namespace?: string }) =>
      Promise.resolve(
        query.namespace === 'closed'
          ? fail({ kind: 'forbidden', status: 403, reason: 'Forbidden', message: 'no' })
          : ok({ items: made('web', 101, 60), resourceVersion: '1' }),
      ),
    delete: (_: unknown, ref: unknown, options: unknown) => {
      removed.push([ref, options]);
      return Promise.resolve(ok(undefined));
    },
  } as unknown as Pick<KubeClient, 'list' | 'delete'>;
  const clock = new VirtualClock(now);
  await tidyDecisions({ client, clock, log: silentLogger, namespaces: ['closed', 'shop'] }, new AbortController().signal);
  expect(removed).toEqual([[{ namespace: 'shop', name: 'web-100' }, { preconditions: { uid: 'web-100' } }]]);
});

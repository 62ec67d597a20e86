import type { FastifyInstance } from 'fastify';
import type { Logger } from '../../lib/index.ts';
import { VirtualClock } from '../../lib/index.ts';
import { createApi } from '../api.ts';
import { createApp } from '../app.ts';
import { FakeCluster } from './fake-cluster.ts';

export interface LogLine {
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface AppUnderTest {
  readonly app: FastifyInstance;
  readonly cluster: FakeCluster;
  readonly clock: VirtualClock;
  readonly log: LogLine[];
  readonly hub: ReturnType<typeof createApi>['hub'];
  /** As `user`, whose token is its name. */
  get(url: string, user?: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  post(url: string, user?: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

export const web = '/api/v1/namespaces/shop/rollouts/web';
export const gate = { name: 'qa', id: 'qa-1', state: 'Open', openedAt: '2026-03-01T12:00:00.000Z', needs: 1, approvals: [] } as const;

/**
 * The application on a small cluster: Rollout shop/web with revision bbbb, attempt 2, at the open gate qa; bank/ledger at rest. alice may decide everything in shop, vera
 * may look in shop, otto may all that in bank, and nell nothing.
 */
export interface AppWish {
  readonly perCaller?: number;
  readonly perAddress?: number;
  readonly audiences?: readonly string[];
}

export function anApp({ perCaller = 1_000, perAddress = 500, audiences = ['apiserver', 'sluice'] }: AppWish = {}): AppUnderTest {
  const cluster = new FakeCluster();
  const clock = new VirtualClock(Date.UTC(2026, 2, 1, 13));
  const lines: LogLine[] = [];
  const line = (fields: object, message: string) => void lines.push({ ...fields, message });
  const log: Logger = { debug() {}, info: line, warn: line, error: line };
  for (const username of ['alice', 'vera', 'otto', 'nell']) cluster.users.set(username, { username, groups: ['people'] });
  for (const verb of ['approve', 'reject', 'resume', 'skip', 'promote', 'abort', 'retry', 'undo', 'restart']) {
    cluster.grant('alice', verb, 'rollouts/decision', 'shop');
    cluster.grant('otto', verb, 'rollouts/decision', 'bank');
  }
  for (const [user, namespace] of [
    ['alice', 'shop'],
    ['vera', 'shop'],
    ['otto', 'bank'],
  ] as const)
    cluster.grant(user, 'get', 'rollouts', namespace);
  cluster.put('shop', 'web', { phase: 'Paused', canaryRevision: 'bbbb', attempt: 2, gates: [{ ...gate, approvals: [] }] });
  cluster.put('bank', 'ledger');
  cluster.sync();
  const api = createApi({ client: cluster.client, source: cluster.source, clock, log, audiences, mostViewers: 3 });
  const app = createApp({
    ...{ clock, log, perCaller, perAddress, version: 'test', api: () => api, isDraining: () => false },
    health: { isReady: () => true, isLive: () => true, problems: () => [], metrics: async () => 'up 1\n' },
  });
  const send = async (
    method: 'GET' | 'POST',
    url: string,
    user: string | undefined,
    payload: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const response = await app.inject({
      ...{ method, url },
      headers: { ...(user === undefined ? {} : { authorization: `Bearer ${user}` }), ...headers },
      ...(payload === undefined ? {} : { payload: payload as object }),
    });
    return { status: response.statusCode, headers: response.headers, text: response.body, body: jsonIn(response.body) };
  };
  return {
    ...{ app, cluster, clock, log: lines, hub: api.hub },
    get: (url, user, headers) => send('GET', url, user, undefined, headers),
    post: (url, user, body, headers) => send('POST', url, user, body, headers),
  };
}

function jsonIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

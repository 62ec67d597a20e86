import fastify from 'fastify';
import { readRolloutStatus } from '../../../api/index.ts';
import type { RolloutStatus } from '../../../core/rollout.ts';
import type { HttpCall, HttpExchange, Logger, Result } from '../../../lib/index.ts';
import { fail, ok, silentLogger, VirtualClock } from '../../../lib/index.ts';
import type { Caller, Decider, MadeDecision, Problem, Wish } from '../../decider.ts';
import { personOf } from '../accounts.ts';
import type { HookOptions } from '../index.ts';
import { hookRoutes } from '../index.ts';
import type { Signed } from './bots.ts';
import { keysOf } from './bots.ts';

export interface Asked {
  readonly wish: Wish;
  readonly caller: Caller;
  readonly key: string | undefined;
}

export const startMs = Date.UTC(2026, 0, 1);

export const gateStatus = (gate: object = {}): RolloutStatus =>
  readRolloutStatus({
    ...{ phase: 'Paused', canaryRevision: '7c9d2f41aa', stableRevision: '6d5f0c9b1e', attempt: 1, conditions: [] },
    step: { index: 2, total: 7, label: '3/7', kind: 'gate', startedAt: '2026-01-01T00:00:00.000Z' },
    weight: { desired: 10 },
    message: 'step 3/7: 10 % to 7c9d2f41aa, Did QA sign off?',
    gates: [{ name: 'qa', id: 'gate-1', state: 'Open', openedAt: '2026-01-01T00:00:00.000Z', needs: 2, approvals: [], ...gate }],
  }).value;

/** Everything behind the hooks, in memory. */
export function aHookOptions(changed: Partial<HookOptions> & { readonly status?: () => RolloutStatus } = {}) {
  const clock = new VirtualClock(startMs);
  const asked: Asked[] = [];
  const sent: HttpCall[] = [];
  const lines: string[] = [];
  const say = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }));
  const log: Logger = { ...silentLogger, info: say, warn: say, error: say };
  const accounts: Readonly<Record<string, string>> = {
    'slack.T01.U02': 'alice',
    'slack.T01.U03': '{"user": "bob", "groups": ["qa"]}',
    'discord.500.700': 'alice',
    'teams.aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.11111111-2222-3333-4444-555555555555': 'alice',
    'github.583231': 'alice',
    'webhook.ci.deploy-bot': 'system:serviceaccount:ci:deploy',
  };
  const decider: Decider = {
    async decide(wish, caller, key): Promise<Result<MadeDecision, Problem>> {
      asked.push({ wish, caller, key });
      const { revision = '7c9d2f41aa', attempt = 1 } = wish;
      return ok({ namespace: wish.namespace, name: `web-${asked.length}`, uid: 'u', revision, attempt, isRepeated: false });
    },
  };
  const exchange: HttpExchange = async (call) => {
    sent.push(call);
    return { kind: 'reply', status: 200, headers: {}, text: 'ok' };
  };
  const status = changed.status ?? (() => gateStatus());
  const options: HookOptions = {
    decider,
    accounts: {
      configMap: 'sluice-system/sluice-accounts',
      find: async (key) => ok(personOf(Object.hasOwn(accounts, key) ? accounts[key] : undefined)),
    },
    secrets: {
      of: (channel, name) => (channel === 'webhook' && name !== 'ci' ? undefined : Promise.resolve(ok(keysOf(channel)))),
      githubToken: () => undefined,
      githubUrl: 'https://api.github.com',
    },
    view: {
      look: async (namespace, name) =>
        name === 'web' ? ok({ namespace, name, status: status() }) : fail({ status: 403, reason: 'NotAllowed', detail: 'not yours' }),
    },
    ...{ clock, log, exchange },
    ...changed,
  };
  return { options, clock, asked, sent, lines };
}

/** The hooks on a real Fastify. */
export function aHookApp(changed: Parameters<typeof aHookOptions>[0] = {}) {
  const { options, clock, asked, sent, lines } = aHookOptions(changed);
  const app = fastify({ bodyLimit: 65_536, requestTimeout: 10_000 });
  hookRoutes(app, options);
  const post = async ({ url, headers, body }: Signed, extra: Readonly<Record<string, string | undefined>> = {}) => {
    const merged = Object.fromEntries(Object.entries({ ...headers, ...extra }).filter(([, value]) => value !== undefined));
    const reply = await app.inject({ method: 'POST', url, headers: merged, payload: body });
    return {
      status: reply.statusCode,
      text: reply.body,
      json: () => reply.json() as Readonly<Record<string, unknown>>,
      headers: reply.headers,
    };
  };
  return { app, post, clock, asked, sent, lines };
}

import { readRolloutStatus } from '../../api/index.ts';
import type { HttpCall, HttpExchange, HttpReply, Logger } from '../../lib/index.ts';
import { fail, ok, Secret, silentLogger, VirtualClock } from '../../lib/index.ts';
import type { Memory } from '../memory.ts';
import type { MemoryStore } from '../memory-store.ts';
import type { Observed } from '../news.ts';
import { Notifier } from '../notifier.ts';
import { notificationsSchema } from '../settings.ts';

export const startMs = Date.UTC(2026, 0, 1);
export const iso = (afterMs: number) => new Date(startMs + afterMs).toISOString();

/** A Rollout in mid-release, at a gate unless something else is said. */
export const aRollout = (status: object = {}, uid = 'uid-1'): Observed => ({
  ...{ namespace: 'shop', name: 'web', uid },
  status: readRolloutStatus({
    ...{ phase: 'Progressing', canaryRevision: '7c9d2f41aa', stableRevision: '6d5f0c9b1e', attempt: 1, conditions: [] },
    run: { startedAt: iso(0), replicasFloor: 1 },
    weight: { desired: 10 },
    ...status,
  }).value,
});

export const aGate = (changed: object = {}) => ({
  name: 'qa',
  id: 'gate-1',
  state: 'Open',
  openedAt: iso(0),
  needs: 2,
  approvals: [],
  ...changed,
});
export const approval = (subject: string) => ({ subject, at: iso(1_000), channel: 'slack', decision: `web-${subject}` });
export const rolledBack = {
  phase: 'RolledBack',
  abort: { reason: 'AnalysisFailed', message: 'metric "success-rate" Failed: <!channel> @everyone', at: iso(60_000) },
};
export const promoted = {
  ...{ phase: 'Healthy', canaryRevision: undefined, attempt: undefined, run: undefined, stableRevision: '7c9d2f41aa' },
  history: [{ revision: '7c9d2f41aa', startedAt: iso(0), finishedAt: iso(120_000), outcome: 'Promoted' }],
};
export const stuck = {
  conditions: [
    { type: 'Stalled', status: 'True', reason: 'ProgressDeadlineExceeded', message: 'no progress', lastTransitionTime: iso(30_000) },
  ],
};

/** A store that outlives notifiers, as ConfigMaps do. */
export function aStore(): MemoryStore & { readonly kept: Map<string, Memory>; isAway: boolean } {
  const kept = new Map<string, Memory>();
  return {
    kept,
    isAway: false,
    async load() {
      return this.isAway ? fail({ kind: 'network' } as never) : ok(new Map(kept));
    },
    async save(uid, memory) {
      if (this.isAway) return fail({ kind: 'network' } as never);
      if (memory === undefined) kept.delete(uid);
      else kept.set(uid, structuredClone(memory));
      return ok(undefined);
    },
  };
}

export const secrets = { url: 'https://hooks.example/T0/secret-path', token: 'xoxb-secret-token', secret: 'signing-secret' };

export const settingsOf = (...given: readonly object[]) =>
  notificationsSchema.parse(given.map((one, index) => ({ name: `n${index}`, ...one })));

export const slackBot = { sink: 'slack', tokenFile: 'token', channel: 'C1' };

/** A notifier on virtual time; `reply` stands for the other side. */
export function aNotifier(
  settings: readonly object[],
  {
    store = aStore(),
    clock = new VirtualClock(startMs),
    reply = slackReplies(),
  }: { store?: ReturnType<typeof aStore>; clock?: VirtualClock; reply?: (call: HttpCall) => HttpReply } = {},
) {
  const calls: HttpCall[] = [];
  const lines: string[] = [];
  const say = (fields: object, message: string) => void lines.push(JSON.stringify({ ...fields, message }));
  const log: Logger = { ...silentLogger, info: say, warn: say, error: say };
  const exchange: HttpExchange = async (call, signal) => {
    if (signal.aborted) return { kind: 'aborted' };
    calls.push(call);
    return reply(call);
  };
  const read = {
    of: async ({ files }: { readonly files: readonly string[] }) => ok(files.map((name) => new Secret(secrets[name as 'url'] ?? ''))),
  };
  const notifier = new Notifier({ store, exchange, secrets: read, clock, random: { next: () => 0.5 }, log }, settingsOf(...settings));
  const stop = new AbortController();
  const run = async () => {
    void notifier.run(stop.signal);
    await clock.advance(0);
  };
  const bodies = () => calls.map(({ body }) => JSON.parse(body) as Readonly<Record<string, unknown>>);
  return { notifier, run, stop, calls, bodies, lines, store, clock };
}

export function slackReplies(): (call: HttpCall) => HttpReply {
  let count = 0;
  return ({ url, body }) => {
    count += 1;
    const given = JSON.parse(body) as { readonly ts?: string };
    const ts = url.pathname.endsWith('chat.update') ? given.ts : `17000000${count}.000100`;
    return { kind: 'reply', status: 200, headers: {}, text: JSON.stringify({ ok: true, channel: 'C0123', ts }) };
  };
}

export const answer = (status: number, headers: Readonly<Record<string, string>> = {}, text = ''): HttpReply => ({
  kind: 'reply',
  status,
  headers,
  text,
});

import { describe, expect, test } from 'vitest';
import type { HttpCall } from '../lib/index.ts';
import {
  aGate,
  aNotifier,
  answer,
  approval,
  aRollout,
  aStore,
  iso,
  promoted,
  rolledBack,
  secrets,
  slackBot,
  slackReplies,
  stuck,
} from './testing/receivers.ts';

const hook = { sink: 'webhook', urlFile: 'url', secretFile: 'secret' };
const alerts = { sink: 'alertmanager', url: 'http://alertmanager:9093' };

const paths = (calls: readonly HttpCall[]) => calls.map(({ url }) => url.pathname);
const kinds = (bodies: readonly Readonly<Record<string, unknown>>[]) =>
  bodies.map(({ kind, state }) => [kind, state].filter((word) => word !== '').join(' '));

describe('a release in Slack', () => {
  test('is one thread: begun, the gate changed in place as people approve, and how it ended', async () => {
    const { notifier, run, clock, calls, bodies } = aNotifier([slackBot]);
    await run();
    for (const status of [
      {},
      { gates: [aGate()] },
      { gates: [aGate({ approvals: [approval('alice')] })] },
      { gates: [aGate({ state: 'Approved', approvals: [approval('alice'), approval('bob')] })] },
      promoted,
    ]) {
      notifier.observe(aRollout(status));
      await clock.advance(0);
    }
    expect(paths(calls)).toEqual(['postMessage', 'postMessage', 'update', 'update', 'postMessage'].map((name) => `/api/chat.${name}`));
    const [first, gate, once, twice, last] = bodies();
    expect(first?.thread_ts).toBeUndefined();
    expect([gate?.thread_ts, last?.thread_ts]).toEqual(['170000001.000100', '170000001.000100']);
    expect([once?.ts, twice?.ts]).toEqual(['170000002.000100', '170000002.000100']);
    expect(JSON.stringify(gate)).toContain('sluice.approve');
    expect(JSON.stringify(once)).toContain('approved by alice; 1 of 2, 1 missing');
    expect(JSON.stringify(twice)).toContain('is approved');
    expect(JSON.stringify(twice)).not.toContain('sluice.approve');
    expect(calls[0]?.headers.authorization).toBe(`Bearer ${secrets.token}`);
  });

  test('tells a rollback with its reason and what was measured, to the whole channel, and pings nobody', async () => {
    const { notifier, run, clock, bodies } = aNotifier([slackBot]);
    notifier.useEvidence(() => [{ metric: 'success-rate', values: [0.99, 0.98, 0.5, 0.2] }]);
    await run();
    notifier.observe(aRollout());
    await clock.advance(0);
    notifier.observe(aRollout(rolledBack));
    await clock.advance(0);
    const text = JSON.stringify(bodies()[1]);
    expect(bodies()[1]?.reply_broadcast).toBe(true);
    expect(text).toContain('success-rate ██▄▁ 0.2');
    expect(text).toContain('(AnalysisFailed)');
    expect(text).not.toContain('<!channel>');
  });

  test('of another attempt is another thread', async () => {
    const { notifier, run, clock, bodies } = aNotifier([slackBot]);
    await run();
    for (const status of [{}, rolledBack, { attempt: 2 }]) {
      notifier.observe(aRollout(status));
      await clock.advance(0);
    }
    expect(bodies().map(({ thread_ts }) => thread_ts)).toEqual([undefined, '170000001.000100', undefined]);
  });
});

describe('at least once', () => {
  test('a change that is no news sends nothing', async () => {
    const { notifier, run, clock, calls } = aNotifier([slackBot]);
    await run();
    for (const desired of [10, 20, 30]) notifier.observe(aRollout({ weight: { desired } }));
    await clock.advance(0);
    expect(calls).toHaveLength(1);
  });

  test('a new leader knows what was sent, and goes on in the same thread', async () => {
    const store = aStore();
    const first = aNotifier([slackBot], { store });
    await first.run();
    first.notifier.observe(aRollout({ gates: [aGate()] }));
    await first.clock.advance(0);
    first.stop.abort();
    const second = aNotifier([slackBot], { store, clock: first.clock });
    second.notifier.observe(aRollout({ gates: [aGate({ approvals: [approval('alice')] })] }));
    await second.run();
    await second.clock.advance(0);
    expect(paths(second.calls)).toEqual(['/api/chat.update']);
    second.notifier.observe(aRollout(promoted));
    await second.clock.advance(0);
    expect(second.bodies()[1]?.thread_ts).toBe('170000001.000100');
  });

  test('what a leader had sent and not stored is sent once more, under the same id', async () => {
    const store = aStore();
    const first = aNotifier([hook], { store, reply: () => answer(200) });
    await first.run();
    store.isAway = true;
    first.notifier.observe(aRollout());
    await first.clock.advance(0);
    first.stop.abort();
    store.isAway = false;
    const second = aNotifier([hook], { store, clock: first.clock, reply: () => answer(200) });
    second.notifier.observe(aRollout());
    await second.run();
    expect([first.bodies()[0]?.id, second.bodies()[0]?.id]).toEqual(['uid-1/7c9d2f41aa/1/started', 'uid-1/7c9d2f41aa/1/started']);
    expect(first.lines.join()).toContain('a new leader may send it again');
  });

  test('a standby sends nothing; what it saw is sent when it leads', async () => {
    const { notifier, run, clock, calls } = aNotifier([slackBot]);
    notifier.observe(aRollout());
    await clock.advance(1_000);
    expect(calls).toEqual([]);
    await run();
    expect(calls).toHaveLength(1);
  });

  test('while it cannot be read what was sent, nothing is', async () => {
    const store = aStore();
    store.isAway = true;
    const { notifier, run, clock, calls } = aNotifier([slackBot], { store });
    notifier.observe(aRollout());
    await run();
    expect(calls).toEqual([]);
    store.isAway = false;
    await clock.advance(5_000);
    expect(calls).toHaveLength(1);
  });

  test('the first time, what happened long ago is no news, but a gate that waits is', async () => {
    const { notifier, run, clock, calls, bodies } = aNotifier([slackBot]);
    await clock.advance(3_600_000);
    for (let index = 0; index < 100; index += 1) notifier.observe(aRollout(promoted, `uid-${index}`));
    notifier.observe(aRollout({ gates: [aGate()] }, 'uid-gate'));
    await run();
    expect(calls).toHaveLength(1);
    expect(JSON.stringify(bodies()[0])).toContain('gate qa waits for approval');
  });

  test('what is stored of Rollouts that are gone goes as well', async () => {
    const { notifier, run, clock, store } = aNotifier([slackBot]);
    await run();
    notifier.observe(aRollout());
    await clock.advance(0);
    expect([...store.kept.keys()]).toEqual(['uid-1']);
    notifier.forget('uid-1');
    await clock.advance(3_600_000);
    expect(store.kept.size).toBe(0);
  });
});

describe('a receiver that does not take it', () => {
  test.each([
    ['is down', answer(503), 1_000],
    ['says when to come again', answer(429, { 'retry-after': '30' }), 30_000],
    ['is Discord, and says it in the body', answer(429, {}, '{"retry_after": 0.65, "global": false}'), 1_000],
    ['cannot be reached', { kind: 'unreachable', message: 'ECONNREFUSED' } as const, 1_000],
  ])('%s: asked again, not earlier', async (_, reply, waitMs) => {
    let isDown = true;
    const { notifier, run, clock, calls } = aNotifier([hook], { reply: () => (isDown ? reply : answer(200)) });
    await run();
    notifier.observe(aRollout());
    await clock.advance(waitMs - 1);
    expect(calls).toHaveLength(1);
    isDown = false;
    await clock.advance(1);
    expect(calls).toHaveLength(2);
    await clock.advance(3_600_000);
    expect(calls).toHaveLength(2);
  });

  test('is asked ever more seldom, and given up after twenty times', async () => {
    const { notifier, run, clock, calls, lines } = aNotifier([hook], { reply: () => answer(500) });
    await run();
    notifier.observe(aRollout());
    await clock.advance(60_000);
    expect(calls.length).toBeLessThan(8);
    await clock.advance(24 * 3_600_000);
    expect(calls).toHaveLength(20);
    expect(lines.join()).toContain('given up');
  });

  test('refuses it: not sent again, and the next one goes out', async () => {
    const { notifier, run, clock, calls, lines } = aNotifier([slackBot], {
      reply: () => answer(200, {}, '{"ok":false,"error":"channel_not_found"}'),
    });
    await run();
    notifier.observe(aRollout({ gates: [aGate()] }));
    await clock.advance(3_600_000);
    expect(calls).toHaveLength(2);
    expect(lines.join()).toContain('Slack: channel_not_found');
  });

  test('has lost the message that was to be changed: a new state is said anew, once', async () => {
    const replies = slackReplies();
    const gone = answer(200, {}, '{"ok":false,"error":"message_not_found"}');
    const { notifier, run, clock, calls } = aNotifier([{ ...slackBot, events: ['gate'] }], {
      reply: (call) => (call.url.pathname.endsWith('update') ? gone : replies(call)),
    });
    await run();
    for (const gate of [aGate(), aGate({ approvals: [approval('alice')] }), aGate({ state: 'Rejected', approvals: [approval('alice')] })]) {
      notifier.observe(aRollout({ gates: [gate] }));
      await clock.advance(60_000);
    }
    expect(paths(calls)).toEqual(['postMessage', 'update', 'postMessage'].map((name) => `/api/chat.${name}`));
  });

  test('holds up nobody else, and what changes meanwhile is said as it is then', async () => {
    let isDown = true;
    const replies = slackReplies();
    const reply = (call: HttpCall) =>
      call.url.hostname === 'slack.com' && isDown ? answer(503) : call.url.hostname === 'slack.com' ? replies(call) : answer(200);
    const { notifier, run, clock, calls, bodies } = aNotifier([slackBot, hook], { reply });
    await run();
    notifier.observe(aRollout({ gates: [aGate()] }));
    await clock.advance(0);
    expect(kinds(bodies().filter(({ kind }) => kind !== undefined))).toEqual(['started', 'gate Open']);
    notifier.observe(aRollout({ gates: [aGate({ state: 'Rejected' })] }));
    isDown = false;
    await clock.advance(60_000);
    const said = calls.filter(({ url }) => url.hostname === 'slack.com').map(({ body }) => body);
    expect(said.at(-1)).toContain('gate qa is rejected');
    expect(said.join()).not.toContain('waits for approval');
  });

  test('is never shown a secret’s place in the log', async () => {
    const { notifier, run, clock, lines } = aNotifier([slackBot, hook, { ...alerts }], { reply: () => answer(500) });
    await run();
    notifier.observe(aRollout({ ...rolledBack }));
    await clock.advance(24 * 3_600_000);
    expect(lines.length).toBeGreaterThan(3);
    for (const secret of [...Object.values(secrets), 'secret-path']) expect(lines.join()).not.toContain(secret);
  });
});

describe('who is told of what', () => {
  test('by namespace and by kind', async () => {
    const { notifier, run, clock, bodies } = aNotifier(
      [
        { ...hook, namespaces: ['bank'] },
        { ...hook, events: ['gate'] },
      ],
      { reply: () => answer(200) },
    );
    await run();
    notifier.observe(aRollout({ gates: [aGate()] }));
    await clock.advance(0);
    expect(kinds(bodies())).toEqual(['gate Open']);
  });

  test('a webhook that cannot change a message hears of states, not of each approval', async () => {
    const { notifier, run, clock, bodies } = aNotifier([{ ...hook, events: ['gate'] }], { reply: () => answer(200) });
    await run();
    for (const gate of [
      aGate(),
      aGate({ approvals: [approval('alice')] }),
      aGate({ state: 'Approved', approvals: [approval('alice'), approval('bob')] }),
    ]) {
      notifier.observe(aRollout({ gates: [gate] }));
      await clock.advance(0);
    }
    expect(kinds(bodies())).toEqual(['gate Open', 'gate Approved']);
  });
});

describe('an alert', () => {
  const states = (bodies: readonly unknown[], clock: { nowMs(): number }) =>
    bodies
      .flatMap((body) => body as readonly { labels: { alertname: string }; endsAt: string }[])
      .map(({ labels, endsAt }) => `${labels.alertname} ${Date.parse(endsAt) > clock.nowMs() ? 'fires' : 'is over'}`);

  test('fires while a Rollout is stuck or rolled back, is repeated, and is over when it goes on', async () => {
    const { notifier, run, clock, bodies, calls } = aNotifier([alerts], { reply: () => answer(200) });
    await run();
    notifier.observe(aRollout(stuck));
    await clock.advance(0);
    expect(states(bodies(), clock)).toEqual(['SluiceStuck fires']);
    await clock.advance(3_600_000);
    expect(calls).toHaveLength(2);
    notifier.observe(aRollout());
    await clock.advance(0);
    expect(states(bodies().slice(2), clock)).toEqual(['SluiceStuck is over']);
    notifier.observe(aRollout(stuck));
    await clock.advance(0);
    expect(states(bodies().slice(3), clock)).toEqual(['SluiceStuck fires']);
    expect(paths(calls)).toEqual(Array.from({ length: 4 }, () => '/api/v2/alerts'));
  });

  test('of a rollback is over with the next attempt, by the same labels, also for another leader', async () => {
    const store = aStore();
    const first = aNotifier([alerts], { store, reply: () => answer(200) });
    await first.run();
    first.notifier.observe(aRollout(rolledBack));
    await first.clock.advance(0);
    first.stop.abort();
    const second = aNotifier([alerts], { store, clock: first.clock, reply: () => answer(200) });
    second.notifier.observe(aRollout({ attempt: 2 }));
    await second.run();
    expect(states(second.bodies(), second.clock)).toEqual(['SluiceRolledBack is over']);
    const labels = [first, second].map(({ bodies }) => (bodies()[0] as unknown as readonly { labels: object }[])[0]?.labels);
    expect(labels[0]).toEqual(labels[1]);
  });
});

test('a thousand Rollouts in trouble at once are a bounded list', async () => {
  const { notifier, run, clock, calls, lines } = aNotifier([hook], { reply: () => answer(503) });
  await run();
  for (let index = 0; index < 3_000; index += 1)
    notifier.observe(aRollout({ ...stuck, run: { startedAt: iso(0), replicasFloor: 1 } }, `uid-${index}`));
  await clock.advance(10_000);
  expect(calls.length).toBeLessThan(10);
  expect(lines.join()).toContain('the oldest were dropped');
});

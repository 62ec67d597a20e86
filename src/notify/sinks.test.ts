import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../lib/index.ts';
import { newsOf } from './news.ts';
import { sinkKinds, sinks } from './registry.ts';
import type { Target } from './sink.ts';
import { sparkline } from './sparkline.ts';
import { aGate, aRollout, iso, promoted, rolledBack, secrets, startMs, stuck } from './testing/receivers.ts';

const target: Target = { url: new Secret(secrets.url), token: undefined, secret: undefined, channel: undefined };

const hostile = '<!channel> @everyone <at>x</at> [click](https://evil.example) https://evil.example\u202e';
const news = [
  aRollout(),
  aRollout({ gates: [aGate()], message: hostile }),
  aRollout({ abort: { reason: 'AnalysisFailed', message: hostile, at: iso(0) } }),
  aRollout(promoted),
  aRollout(stuck),
  aRollout({
    conditions: [{ type: 'Ready', status: 'False', reason: 'AwaitingDecision', message: hostile, lastTransitionTime: iso(0) }],
    message: hostile,
  }),
].flatMap((observed) => newsOf(observed));

test('what is worth telling is found in status alone', () => {
  expect([...new Set(news.map(({ kind }) => kind))].sort()).toEqual(['gate', 'promoted', 'rolledBack', 'started', 'stuck', 'waiting']);
  expect(newsOf(aRollout(rolledBack)).map(({ id }) => id)).toEqual(['uid-1/7c9d2f41aa/1/started', 'uid-1/7c9d2f41aa/1/rolledBack']);
  const unconfirmed = {
    conditions: [{ type: 'WeightConfirmed', status: 'False', reason: 'WeightNotApplied', message: 'm', lastTransitionTime: iso(0) }],
  };
  expect(newsOf(aRollout(unconfirmed)).map(({ key }) => key)).toEqual(['started', 'stuck/WeightNotApplied']);
  expect(newsOf(aRollout({ phase: 'Initializing', canaryRevision: undefined, run: undefined })).map(({ key }) => key)).toEqual([]);
});

describe.each(sinkKinds)('%s', (kind) => {
  const sink = sinks[kind];
  const render = (one: (typeof news)[number], changed: Partial<Target> = {}) =>
    sink.render({ news: one, nowMs: startMs }, { ...target, ...changed });

  test('is a pure function of the news', () => {
    for (const one of news) expect(render(one).body).toBe(render(one).body);
  });

  test('pings nobody and links nowhere, whatever people and metrics wrote', () => {
    if (kind === 'webhook' || kind === 'alertmanager') return;
    const said = news.map((one) => render(one).body).join();
    expect(said).not.toMatch(/<!channel>|@everyone|<at>|:\/\/evil|\u202e/);
  });

  test('has no secret in what is said', () => {
    const said = news
      .map((one) => render(one, { token: new Secret(secrets.token), secret: new Secret(secrets.secret), channel: 'C1' }).body)
      .join();
    for (const secret of Object.values(secrets)) expect(said).not.toContain(secret);
  });

  test.each([
    [200, 'sent'],
    [204, 'sent'],
    [301, 'refused'],
    [400, 'refused'],
    [401, 'refused'],
    [404, 'refused'],
    [408, 'later'],
    [429, 'later'],
    [500, 'later'],
    [503, 'later'],
  ])('HTTP %i is %s', (status, outcome) => expect(sink.read({ status, headers: {}, text: '' }, target).kind).toBe(outcome));
});

test('the signature of a webhook is the one that it would send us', () => {
  const [one] = news;
  if (one === undefined) throw new Error('no news');
  const { headers, body } = sinks.webhook.render({ news: one, nowMs: startMs }, { ...target, secret: new Secret(secrets.secret) });
  const expected = createHmac('sha256', secrets.secret).update(`${headers['x-sluice-timestamp']}.${body}`).digest('hex');
  expect(headers['x-sluice-signature']).toBe(`v1=${expected}`);
  expect(headers['x-sluice-id']).toBe(one.id);
});

test('Discord: a message is changed by its id, and the token of the address stays where it is', () => {
  const [one] = news;
  if (one === undefined) throw new Error('no news');
  const url = new Secret('https://discord.com/api/webhooks/1/token');
  const posted = sinks.discord.render({ news: one, nowMs: 0 }, { ...target, url });
  expect([posted.method, posted.url?.reveal()]).toEqual(['POST', 'https://discord.com/api/webhooks/1/token?wait=true']);
  const edited = sinks.discord.render({ news: one, nowMs: 0, edit: '77' }, { ...target, url });
  expect([edited.method, edited.url?.reveal()]).toEqual(['PATCH', 'https://discord.com/api/webhooks/1/token/messages/77']);
  expect(sinks.discord.read({ status: 200, headers: {}, text: '{"id":"77"}' }, target)).toEqual({ kind: 'sent', receipt: '77' });
});

test('a gate in Teams shows the command, bound to the release', () => {
  const gate = news.find(({ kind }) => kind === 'gate');
  if (gate === undefined) throw new Error('no gate');
  expect(sinks.teams.render({ news: gate, nowMs: 0 }, target).body).toContain('@Sluice approve shop/web qa 7c9d2f41aa/1');
});

test('a sparkline has one sign a value', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([5, 5])).toBe('▄▄');
  expect(sparkline([1, Number.NaN, 2])).toBe('▁ █');
  expect(sparkline([])).toBe('');
});

import { describe, expect, test } from 'vitest';
import { createKubeClient, type KubeObject, Reflector, type Resource, Store, type Versioned } from '../../kube/index.ts';
import { seededRandom, silentLogger, type VirtualClock } from '../../lib/index.ts';
import { type Faults, troubles } from './faults.ts';
import { type ApiLine, createLine, type Outcome, type WatchListener } from './line.ts';
import type { ApiRequest } from './port.ts';
import { create, read, resize, type SmallServer, sizeOf, smallServer, things, versionOf, watchFrom } from './testing/server.ts';
import { DirectTransport } from './transport.ts';

const resource: Resource = { group: 'test.dev', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };

/** A line whose faults a test may change as it goes. */
function faulty(small: SmallServer): { readonly line: ApiLine; faults: Faults } {
  const held: { faults: Faults; line: ApiLine } = {
    faults: {},
    line: createLine({
      port: small.server,
      clock: small.clock,
      faults: {
        arriving: (request) => held.faults.arriving?.(request),
        leaving: (request, answer) => held.faults.leaving?.(request, answer),
        streaming: (request, event) => held.faults.streaming?.(request, event),
      },
    }),
  };
  return held;
}

/** What became of a request so far. */
function sent(line: ApiLine, request: ApiRequest): { outcome: Outcome | undefined } {
  const seen: { outcome: Outcome | undefined } = { outcome: undefined };
  line.send(request, (outcome) => {
    seen.outcome = outcome;
  });
  return seen;
}

const statusOf = ({ outcome }: { outcome: Outcome | undefined }) =>
  outcome === undefined ? 'nothing yet' : outcome.kind === 'lost' ? 'lost' : outcome.answer.status;

describe('a line without faults', () => {
  test('answers at once', () => {
    const { line } = faulty(smallServer());
    expect(statusOf(sent(line, create('a')))).toBe(201);
    expect(statusOf(sent(line, read('a')))).toBe(200);
  });
});

describe('a fault before a request is served', () => {
  test('a delay: nothing happens until it is over', async () => {
    const small = smallServer();
    const way = faulty(small);
    way.faults = { arriving: () => ({ kind: 'delay', delayMs: 5_000 }) };
    const call = sent(way.line, create('a'));
    await small.clock.advance(4_999);
    expect([statusOf(call), small.server.request(read('a')).status]).toEqual(['nothing yet', 404]);
    await small.clock.advance(1);
    expect([statusOf(call), small.server.request(read('a')).status]).toEqual([201, 200]);
  });

  test.each([
    ['429', troubles.tooManyRequests(3), 429, { 'retry-after': '3' }],
    ['500', troubles.internal(), 500, {}],
    ['503', troubles.unavailable(), 503, {}],
    ['401', troubles.unauthorized(), 401, {}],
    ['403', troubles.forbidden(), 403, {}],
    ['410', troubles.gone(), 410, {}],
  ] as const)('an answer in its place: %s', (_name, answer, status, headers) => {
    const small = smallServer();
    const way = faulty(small);
    way.faults = { arriving: () => ({ kind: 'answer', answer }) };
    const call = sent(way.line, create('a'));
    expect(statusOf(call)).toBe(status);
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
    expect(answer.headers).toMatchObject(headers);
    expect(small.server.request(read('a')).status).toBe(404);
  });

  test('a broken connection, or silence: it was never served', async () => {
    const small = smallServer();
    const way = faulty(small);
    way.faults = { arriving: () => ({ kind: 'reset' }) };
    expect(statusOf(sent(way.line, create('a')))).toBe('lost');
    way.faults = { arriving: () => ({ kind: 'silence' }) };
    const silent = sent(way.line, create('a'));
    await small.clock.advance(3_600_000);
    expect(statusOf(silent)).toBe('nothing yet');
    expect(small.server.request(read('a')).status).toBe(404);
  });
});

describe('a fault after a request was served', () => {
  test.each(['reset', 'silence'] as const)('%s: it has happened, and its sender does not know', (kind) => {
    const small = smallServer();
    const way = faulty(small);
    way.faults = { leaving: () => ({ kind }) };
    expect(statusOf(sent(way.line, create('a')))).toBe(kind === 'reset' ? 'lost' : 'nothing yet');
    expect(small.server.request(read('a')).status).toBe(200);
  });

  test('another answer: a 504 although it happened', () => {
    const small = smallServer();
    const way = faulty(small);
    way.faults = { leaving: ({ method }) => (method === 'POST' ? { kind: 'answer', answer: troubles.internal() } : undefined) };
    expect(statusOf(sent(way.line, create('a')))).toBe(500);
    expect(statusOf(sent(way.line, read('a')))).toBe(200);
  });
});

describe('a watch on the line', () => {
  interface Heard {
    readonly lines: string[];
    end: string | undefined;
  }
  function listen(line: ApiLine, request: ApiRequest): Heard & { readonly close: () => void } {
    const heard: Heard = { lines: [], end: undefined };
    const listener: WatchListener = {
      onHead: (head) => heard.lines.push(head.kind === 'lost' ? 'lost' : `head ${head.answer.status}`),
      onLine: (text) => heard.lines.push(text),
      onEnd: (how) => {
        heard.end = how;
      },
    };
    const watch = line.watch(request, listener);
    return Object.assign(heard, { close: () => watch.close() });
  }
  const shown = (text: string): string => {
    try {
      const event = JSON.parse(text) as { readonly type: string; readonly object: { readonly code?: number } };
      return `${event.type} ${event.type === 'ERROR' ? event.object.code : sizeOf(event.object)}`;
    } catch {
      return text;
    }
  };
  const start = () => {
    const small = smallServer();
    const version = versionOf(small.server.request(create('a')).body);
    return { small, way: faulty(small), version };
  };

  test('brings events over as they happen', () => {
    const { small, way, version } = start();
    const heard = listen(way.line, watchFrom(version));
    small.server.request(resize('a', 2));
    small.server.request(resize('a', 3));
    expect(heard.lines.map(shown)).toEqual(['head 200', 'MODIFIED 2', 'MODIFIED 3']);
  });

  test('an event may be dropped, or told twice', () => {
    const { small, way, version } = start();
    const heard = listen(way.line, watchFrom(version));
    way.faults = { streaming: (_request, { object }) => (sizeOf(object) === 2 ? { kind: 'drop' } : { kind: 'twice' }) };
    small.server.request(resize('a', 2));
    small.server.request(resize('a', 3));
    expect(heard.lines.map(shown)).toEqual(['head 200', 'MODIFIED 3', 'MODIFIED 3']);
  });

  test('a stream may fall silent and stay open', async () => {
    const { small, way, version } = start();
    const heard = listen(way.line, watchFrom(version));
    way.faults = { streaming: () => ({ kind: 'silence' }) };
    small.server.request(resize('a', 2));
    way.faults = {};
    small.server.request(resize('a', 3));
    await small.clock.advance(7_200_000);
    expect(heard).toMatchObject({ lines: ['head 200'], end: undefined });
  });

  test.each([
    ['close', [], 'closed'],
    ['reset', [], 'broken'],
    ['gone', ['ERROR 410'], 'closed'],
    ['garbage', ['<html><body>502 Bad Gateway</body></html>'], 'closed'],
  ] as const)('may be cut: %s', (how, lines, end) => {
    const { small, way, version } = start();
    const heard = listen(way.line, watchFrom(version));
    way.faults = { streaming: () => ({ kind: 'cut', how }) };
    small.server.request(resize('a', 2));
    small.server.request(resize('a', 3));
    expect(heard.lines.slice(1).map(shown)).toEqual(lines);
    expect(heard.end).toBe(end);
    expect([way.line.watches(), small.server.main.openWatches]).toEqual([[], 0]);
  });

  test('may end in the middle of a line', () => {
    const { small, way, version } = start();
    const heard = listen(way.line, watchFrom(version));
    way.faults = { streaming: () => ({ kind: 'cut', how: 'truncated' }) };
    small.server.request(resize('a', 2));
    expect(() => JSON.parse(heard.lines[1] ?? '')).toThrow();
    expect(heard.lines[1]).toMatch(/^\{"type":"MODIFIED"/);
  });

  test('can be cut from outside, at any moment', () => {
    const { way, version } = start();
    const heard = listen(way.line, watchFrom(version));
    for (const watch of way.line.watches()) watch.cut('reset');
    expect(heard.end).toBe('broken');
  });

  test('may be refused at its opening', () => {
    const { way, version } = start();
    way.faults = { arriving: () => ({ kind: 'answer', answer: troubles.gone() }) };
    expect(listen(way.line, watchFrom(version)).lines).toEqual(['head 410']);
    expect(way.line.watches()).toEqual([]);
  });

  test('a listener may write to the server while it hears', () => {
    const { small, way, version } = start();
    const lines: string[] = [];
    way.line.watch(watchFrom(version), {
      onHead() {},
      onLine(text) {
        lines.push(shown(text));
        if (lines.length < 3) small.server.request(resize('a', lines.length + 2));
      },
      onEnd() {},
    });
    small.server.request(resize('a', 2));
    expect(lines).toEqual(['MODIFIED 2', 'MODIFIED 3', 'MODIFIED 4']);
  });
});

describe('the controller’s transport over the line', () => {
  const clientOf = (small: SmallServer, line: ApiLine) => {
    const transport = new DirectTransport({ line, clock: small.clock, headers: { 'user-agent': 'sluice/test' } });
    return createKubeClient({ transport, clock: small.clock, random: seededRandom(3), log: silentLogger });
  };
  const ref = { namespace: 'default', name: 'a' };
  /** Lets virtual time pass until the promise settles. */
  const settled = async <T>(clock: VirtualClock, promise: Promise<T>): Promise<T> => {
    let isDone = false;
    void promise.then(() => {
      isDone = true;
    });
    for (let turn = 0; turn < 1_000 && !isDone; turn++) await clock.advance(100);
    return promise;
  };

  test('reads, writes and conflicts come as values', async () => {
    const small = smallServer();
    const client = clientOf(small, faulty(small).line);
    const made = await client.create(resource, 'default', create('a').body as object);
    expect(made).toMatchObject({ ok: true, value: { metadata: { name: 'a' } } });
    const stale = { metadata: { resourceVersion: '1' }, spec: { size: 9 } };
    expect(await client.patch(resource, ref, stale, { type: 'merge' })).toMatchObject({ ok: false, failure: { kind: 'conflict' } });
    expect(await client.list(resource, { namespace: 'default' })).toMatchObject({ ok: true, value: { items: [{ kind: 'Thing' }] } });
    expect(small.server.request(read('a')).body).toMatchObject({ metadata: { managedFields: [{ manager: 'sluice' }] } });
  });

  test('a lost answer leaves a write unknown, landed or not; a read is asked again', async () => {
    const small = smallServer();
    const way = faulty(small);
    const client = clientOf(small, way.line);
    way.faults = { leaving: () => ({ kind: 'reset' }) };
    const landed = await client.create(resource, 'default', create('a').body as object);
    expect(landed).toMatchObject({ ok: false, failure: { kind: 'unknownOutcome' } });
    way.faults = { arriving: ({ method }) => (method === 'PATCH' ? { kind: 'reset' } : undefined) };
    const lost = await client.patch(resource, ref, { spec: { size: 7 } }, { type: 'merge' });
    expect(lost).toMatchObject({ ok: false, failure: { kind: 'unknownOutcome' } });
    let resets = 2;
    way.faults = { arriving: () => (resets-- > 0 ? { kind: 'reset' } : undefined) };
    expect(await settled(small.clock, client.get(resource, ref))).toMatchObject({ ok: true, value: { spec: { size: 1 } } });
  });

  test('silence ends at the deadline: unknown for a write, a time-out for a read', async () => {
    const small = smallServer();
    const way = faulty(small);
    const client = clientOf(small, way.line);
    way.faults = { leaving: () => ({ kind: 'silence' }) };
    const write = await settled(small.clock, client.create(resource, 'default', create('a').body as object));
    expect(write).toMatchObject({ ok: false, failure: { kind: 'unknownOutcome' } });
    const reading = await settled(small.clock, client.raw('GET', `${things}/a`, { retry: false }));
    expect(reading).toMatchObject({ ok: false, failure: { kind: 'timeout' } });
  });

  test('a 429 is obeyed', async () => {
    const small = smallServer();
    const way = faulty(small);
    const client = clientOf(small, way.line);
    let busy = 1;
    way.faults = { arriving: () => (busy-- > 0 ? { kind: 'answer', answer: troubles.tooManyRequests(2) } : undefined) };
    const before = small.clock.monotonicMs();
    expect(await settled(small.clock, client.create(resource, 'default', create('a').body as object))).toMatchObject({ ok: true });
    expect(small.clock.monotonicMs() - before).toBeGreaterThanOrEqual(2_000);
  });

  test('a reflector keeps in step through every way a watch can end', async () => {
    const small = smallServer();
    const way = faulty(small);
    const store = new Store<Versioned & { readonly spec: unknown }>();
    const stop = new AbortController();
    const reflector = new Reflector({
      client: clientOf(small, way.line),
      resource,
      project: ({ metadata: { uid, resourceVersion }, spec }: KubeObject) => ({ uid, resourceVersion, spec }),
      store,
      clock: small.clock,
      random: seededRandom(5),
      log: silentLogger,
      onChange() {},
    });
    small.server.request(create('a'));
    const running = reflector.run(stop.signal);
    await small.clock.advance(1_000);
    expect(store.get('default/a')?.spec).toEqual({ size: 1 });
    let size = 1;
    for (const how of ['close', 'reset', 'gone', 'garbage', 'truncated'] as const) {
      for (const watch of way.line.watches()) watch.cut(how);
      size += 1;
      small.server.request(resize('a', size));
      await small.clock.advance(120_000);
      expect([how, store.get('default/a')?.spec]).toEqual([how, { size }]);
    }
    stop.abort();
    await small.clock.advance(100);
    await running;
  });
});

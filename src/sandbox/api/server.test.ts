import { request as httpRequest } from 'node:http';
import { describe, expect, test } from 'vitest';
import { canonicalJson, seededRandom, sha256Hex, systemClock, VirtualClock } from '../../lib/index.ts';
import { createDirectClient } from './client.ts';
import { serveHttp } from './http-server.ts';
import { createLine } from './line.ts';
import type { ApiAnswer, ApiRequest } from './port.ts';
import { createApiServer } from './server.ts';
import { create, read, resize, smallServer, thing, things } from './testing/server.ts';

const resource = { group: 'test.dev', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };

describe('the same seed', () => {
  const trace = async (seed: number): Promise<string> => {
    const { server, clock } = smallServer({ random: seededRandom(seed) });
    const answers: ApiAnswer[] = [];
    for (let count = 0; count < 20; count++) {
      answers.push(server.request({ method: 'POST', path: things, body: { ...thing(''), metadata: { generateName: 'x-' } } }));
      answers.push(server.request(create(`n${count}`)), server.request(resize(`n${count}`, count)));
      answers.push(
        server.request({
          method: 'POST',
          path: '/api/v1/namespaces/default/services',
          body: { metadata: { name: `s${count}` }, spec: { ports: [{ port: 80 }] } },
        }),
      );
      await clock.advance(777);
    }
    return sha256Hex(canonicalJson(answers));
  };

  test('gives the same answers, to the last uid; another gives others', async () => {
    expect(await trace(1)).toBe(await trace(1));
    expect(await trace(1)).not.toBe(await trace(2));
  });
});

describe('what the server stores', () => {
  test('is frozen, and an unchanged object is the same object', () => {
    const { server } = smallServer();
    const made = server.request(create('a')).body;
    const seen = server.request(read('a')).body;
    expect(seen).toBe(made);
    expect(() => {
      (seen as { spec: { size: number } }).spec.size = 9;
    }).toThrow(TypeError);
  });

  test('shares what did not change with the state before', () => {
    const { server } = smallServer();
    server.request(create('a'));
    const before = server.request(read('a')).body as { spec: unknown };
    const patch = { metadata: { labels: { x: 'y' } } };
    const after = server.request({ ...resize('a', 1), body: patch }).body as { spec: unknown };
    expect(after.spec).toBe(before.spec);
  });

  test('is written anew by the definition of today, also where the request says what is stored', () => {
    const { server } = smallServer();
    const definition = (deep: object) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boxes.test.dev' },
      spec: {
        group: 'test.dev',
        scope: 'Namespaced',
        names: { plural: 'boxes', singular: 'box', kind: 'Box', listKind: 'BoxList' },
        versions: [
          {
            ...{ name: 'v1', served: true, storage: true },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: { type: 'object', properties: { deep: { type: 'object', properties: deep }, size: { type: 'integer' } } },
                },
              },
            },
          },
        ],
      },
    });
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const send = (method: 'POST' | 'PUT' | 'PATCH', to: string, body: unknown, type = 'application/json') =>
      server.request({ method, path: to, body, headers: { 'content-type': type } });
    expect(send('POST', path, definition({ gone: { type: 'string' }, left: { type: 'string' } })).status).toBe(201);
    const boxes = '/apis/test.dev/v1/namespaces/default/boxes';
    const box = { apiVersion: 'test.dev/v1', kind: 'Box', metadata: { name: 'a' }, spec: { deep: { gone: 'x', left: 'y' }, size: 1 } };
    const made = send('POST', boxes, box).body as typeof box;
    const next = definition({ left: { type: 'string' }, more: { type: 'string', default: 'z' } });
    expect(send('PATCH', `${path}/boxes.test.dev`, next, 'application/merge-patch+json').status).toBe(200);
    const put = send('PUT', `${boxes}/a`, { ...structuredClone(made), spec: { ...structuredClone(made.spec), size: 2 } });
    expect(put.body).toMatchObject({ spec: { deep: { left: 'y', more: 'z' }, size: 2 } });
    expect(JSON.stringify(put.body)).not.toContain('"gone":"x"');
  });

  test('is remembered for as many writes as it was told', () => {
    const { server } = smallServer({ history: 100 });
    server.request(create('a'));
    for (let count = 0; count < 300; count++) server.request(resize('a', count));
    expect(server.store.revision - server.store.compactedTo).toBeLessThanOrEqual(125);
    expect(server.store.revision - server.store.compactedTo).toBeGreaterThanOrEqual(100);
  });
});

describe('an event', () => {
  const path = '/api/v1/namespaces/default/events';

  test('goes an hour after its last write, with the next one that comes', async () => {
    const { server, clock } = smallServer();
    const event = (name: string): ApiRequest => ({
      method: 'POST',
      path,
      body: { metadata: { name }, involvedObject: { namespace: 'default', name: 'a' }, reason: 'Seen' },
    });
    const left = () =>
      (server.request({ method: 'GET', path }).body as { items: { metadata: { name: string } }[] }).items.map((one) => one.metadata.name);
    for (const name of ['a', 'b', 'c']) expect(server.request(event(name)).status).toBe(201);
    await clock.advance(1_800_000);
    const seenAgain: ApiRequest = {
      method: 'PATCH',
      path: `${path}/b`,
      body: { count: 2 },
      headers: { 'content-type': 'application/merge-patch+json' },
    };
    expect(server.request(seenAgain).status).toBe(200);
    await clock.advance(1_800_000);
    expect(left()).toEqual(['a', 'b', 'c']);
    server.request(event('d'));
    await clock.advance(1_000);
    expect(left()).toEqual(['b', 'd']);
  });
});

describe('a token', () => {
  test('ends when its time is over, or when it is revoked', async () => {
    const { server, clock } = smallServer({ everyone: null });
    const ask = (token: string) => server.request({ ...read('a'), headers: { authorization: `Bearer ${token}` } }).status;
    server.tokens.grant('t', { username: 'u', groups: [] }, clock.nowMs() + 10_000);
    server.tokens.grant('r', { username: 'u', groups: [] });
    expect([ask('t'), ask('r'), ask('x'), server.request(read('a')).status]).toEqual([404, 404, 401, 401]);
    await clock.advance(10_000);
    server.tokens.revoke('r');
    expect([ask('t'), ask('r')]).toEqual([401, 401]);
  });
});

describe('dependents', () => {
  test('go after the delay that the server was told, and not before', async () => {
    const { server, clock } = smallServer({ collectAfterMs: 5_000 });
    const owner = server.request(create('owner')).body as { metadata: { uid: string } };
    const reference = { apiVersion: 'test.dev/v1', kind: 'Thing', name: 'owner', uid: owner.metadata.uid };
    server.request({ ...create('child'), body: { ...thing('child'), metadata: { name: 'child', ownerReferences: [reference] } } });
    server.request({ method: 'DELETE', path: `${things}/owner` });
    await clock.advance(4_999);
    expect(server.request(read('child')).status).toBe(200);
    await clock.advance(1);
    expect(server.request(read('child')).status).toBe(404);
  });

  test('an owner in another namespace is none', async () => {
    const { server, clock } = smallServer();
    server.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: 'other' } } });
    const owner = server.request(create('owner')).body as { metadata: { uid: string } };
    const reference = { apiVersion: 'test.dev/v1', kind: 'Thing', name: 'owner', uid: owner.metadata.uid };
    const path = things.replace('default', 'other');
    server.request({ ...create('child'), path, body: { ...thing('child'), metadata: { name: 'child', ownerReferences: [reference] } } });
    await clock.advance(1_000);
    expect(server.request({ method: 'GET', path: `${path}/child` }).status).toBe(404);
  });
});

describe('a pod', () => {
  const pods = '/api/v1/namespaces/default/pods';
  const pod = (name: string) => ({ metadata: { name }, spec: { containers: [{ name: 'a', image: 'a' }] } });

  test('with a node goes in two steps: marked, then finished by its kubelet', () => {
    const { server } = smallServer();
    server.request({ method: 'POST', path: pods, body: pod('p') });
    server.request({ method: 'POST', path: `${pods}/p/binding`, body: { target: { name: 'node' } } });
    const marked = server.request({ method: 'DELETE', path: `${pods}/p` });
    expect(marked.body).toMatchObject({ spec: { nodeName: 'node' }, metadata: { deletionGracePeriodSeconds: 30 } });
    expect(server.request({ method: 'GET', path: `${pods}/p` }).status).toBe(200);
    server.request({ method: 'DELETE', path: `${pods}/p`, body: { gracePeriodSeconds: 0 } });
    expect(server.request({ method: 'GET', path: `${pods}/p` }).status).toBe(404);
  });

  test('without a node goes at once', () => {
    const { server } = smallServer();
    server.request({ method: 'POST', path: pods, body: pod('p') });
    server.request({ method: 'DELETE', path: `${pods}/p` });
    expect(server.request({ method: 'GET', path: `${pods}/p` }).status).toBe(404);
  });
});

describe('the direct client', () => {
  test('creates, lists, replaces, patches, deletes', () => {
    const client = createDirectClient(smallServer().server, { 'user-agent': 'kubelet' });
    const draft = { ...thing('a'), metadata: { name: 'a', namespace: 'default', labels: { x: 'y' } } };
    expect(client.create(resource, draft)).toMatchObject({ ok: true });
    expect(client.create(resource, draft)).toMatchObject({ ok: false, failure: { status: 409, reason: 'AlreadyExists' } });
    const ref = { namespace: 'default', name: 'a' };
    const found = client.get(resource, ref);
    expect(client.list(resource, { namespace: 'default', labelSelector: 'x=y' })).toEqual([found]);
    expect(client.list(resource, { namespace: 'default', labelSelector: 'x=z' })).toEqual([]);
    const replaced = client.replace(resource, {
      ...draft,
      metadata: { ...found?.metadata, name: 'a', namespace: 'default' },
      spec: { size: 4 },
    });
    expect(replaced).toMatchObject({ ok: true, value: { spec: { size: 4 } } });
    expect(client.patch(resource, ref, { spec: { size: 5 } })).toMatchObject({ ok: true, value: { spec: { size: 5 } } });
    expect(client.delete(resource, ref)).toBeUndefined();
    expect(client.get(resource, ref)).toBeUndefined();
  });
});

describe('over HTTP', () => {
  const ask = (url: string): Promise<string> =>
    new Promise((resolve) => {
      const request = httpRequest(url, (response) => {
        response.resume();
        response.on('end', () => resolve(String(response.statusCode)));
      });
      request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      request.end();
    });

  test('a lost answer is a broken connection', async ({ onTestFinished }) => {
    let isLost = true;
    const line = createLine({
      port: smallServer().server,
      clock: systemClock,
      faults: { leaving: () => (isLost ? { kind: 'reset' } : undefined) },
    });
    const api = await serveHttp(line);
    onTestFinished(() => api.close());
    expect(await ask(`${api.url}/healthz`)).toBe('ECONNRESET');
    isLost = false;
    expect(await ask(`${api.url}/healthz`)).toBe('200');
  });
});

describe('a server', () => {
  test('refuses to begin with objects that are wrong, and says which', () => {
    const begin = (object: unknown) => createApiServer({ clock: new VirtualClock(), random: seededRandom(1), objects: [object] });
    expect(() => begin({ apiVersion: 'a.test/v1', kind: 'Unknown', metadata: { name: 'x' } })).toThrow(
      'no kind Unknown in the group "a.test"',
    );
    expect(() => begin({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'NO' } })).toThrow('Namespace NO');
  });
});

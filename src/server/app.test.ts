import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { reasons } from '../core/reasons.ts';
import { createApp } from './app.ts';
import { apiRoutes } from './routes/index.ts';
import { type Answer, type AppUnderTest, anApp, web } from './testing/app.ts';

let served: AppUnderTest;
const open = (options: Parameters<typeof anApp>[0] = {}): AppUnderTest => {
  served = anApp(options);
  return served;
};
afterEach(() => served?.app.close());

const seen = { revision: 'bbbb', attempt: 2 };
const json = { 'content-type': 'application/json' };

/** Every refusal is a problem document of one of our reasons. */
function problemOf({ status, headers, body }: Answer): string {
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({ type: 'about:blank', status, title: expect.any(String), detail: expect.any(String) });
  expect(reasons).toHaveProperty(String(body.reason));
  return `${status} ${String(body.reason)}`;
}

describe('who may use a route', () => {
  const routes = apiRoutes.map(({ method, url }) => ({
    method,
    path: url.replace(':namespace', 'shop').replace(':name', 'web').replace(':gate', 'qa'),
  }));

  /** The matrix: route x subject. A stream that opens is not waited for. */
  const matrix: Readonly<
    Record<string, readonly [none: number, garbage: number, nell: number, vera: number, otto: number, alice: number]>
  > = {
    'GET /api/v1/rollouts': [401, 401, 200, 200, 200, 200],
    [`GET ${web}`]: [401, 401, 403, 200, 403, 200],
    [`GET ${web}/events`]: [401, 401, 403, 404, 403, 404],
    [`POST ${web}/gates/qa/approve`]: [401, 401, 403, 403, 403, 201],
    [`POST ${web}/gates/qa/reject`]: [401, 401, 403, 403, 403, 201],
    ...Object.fromEntries(
      ['resume', 'skip', 'promote', 'abort', 'retry', 'restart', 'undo'].map((action) => [
        `POST ${web}/${action}`,
        [401, 401, 403, 403, 403, 201],
      ]),
    ),
  };

  test('every route of the table is in the matrix', () => {
    expect(routes.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(Object.keys(matrix).toSorted());
  });

  test.each(routes)('$method $path', async ({ method, path }) => {
    const { get, post, cluster } = open();
    // A stream would stay open: it is asked for where there is nothing to stream, which only those learn who may see it.
    if (path.endsWith('/events')) cluster.rollouts.delete('shop/web');
    cluster.sync();
    const statuses: number[] = [];
    for (const user of [undefined, 'garbage', 'nell', 'vera', 'otto', 'alice']) {
      const answer = method === 'GET' ? await get(path, user) : await post(path, user, seen);
      statuses.push(answer.status);
      if (answer.status >= 400) problemOf(answer);
    }
    expect(statuses).toEqual(matrix[`${method} ${path}`]);
  });

  test('a route without a policy is not served: the application does not start', async () => {
    const bare = (policy: boolean) =>
      createApp({
        ...{ version: 'test', perCaller: 1, perAddress: 1, api: () => undefined, isDraining: () => false, clock: open().clock },
        log: { debug() {}, info() {}, warn() {}, error() {} },
        health: { isReady: () => true, isLive: () => true, problems: () => [], metrics: async () => '' },
        more: (app: FastifyInstance) => void app.get('/new', policy ? { config: { policy: { kind: 'open' } } } : {}, async () => 'hello'),
      });
    expect(() => bare(false)).toThrow('GET /new has no policy');
    await expect(bare(true).ready()).resolves.toBeDefined();
  });

  test('every route that Fastify has has a policy, and those that are open say nothing of any object', async () => {
    const { app } = open();
    await app.ready();
    const table = app.printRoutes({ includeHooks: false, commonPrefix: false });
    expect(table).toContain('approve');
    const openOnes: string[] = [];
    for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json']) openOnes.push(String((await app.inject(path)).statusCode));
    expect(openOnes).toEqual(['200', '200', '200', '200']);
  });

  test('a refusal names the verb, and is the same whether the Rollout exists or not', async () => {
    const { post, get } = open();
    const refused = await post(`${web}/abort`, 'vera', seen);
    expect(problemOf(refused)).toBe('403 NotAllowed');
    expect(refused.body.detail).toBe('vera needs the verb abort on rollouts/decision.sluice.dev of web in namespace shop');
    const one = await get(web, 'otto');
    const none = await get(web.replace('web', 'wob'), 'otto');
    expect([one.status, none.status]).toEqual([403, 403]);
    expect(String(none.body.detail).replace('wob', 'web')).toBe(one.body.detail);
  });

  test('who may decide and may not look does not learn what there is not', async () => {
    const { post, cluster } = open();
    cluster.users.set('bot', { username: 'bot' });
    cluster.grant('bot', 'approve', 'rollouts/decision', 'shop');
    expect((await post(`${web}/gates/qa/approve`, 'bot', seen)).status).toBe(201);
    expect((await post(`${web.replace('web', 'wob')}/gates/qa/approve`, 'bot', seen)).status).toBe(403);
    expect((await post(`${web.replace('web', 'wob')}/gates/qa/approve`, 'alice', seen)).status).toBe(404);
  });

  test('401 says how to come in', async () => {
    const { get } = open();
    const answer = await get(web);
    expect(problemOf(answer)).toBe('401 Unauthenticated');
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="sluice"');
  });

  test.each(['../../../../api/v1/secrets', 'a%2Fb', 'Shop', 'web;x', '%00', 'a'.repeat(254), '..', '-web', 'wéb'])(
    'a name that is none is asked about nowhere: %s',
    async (name) => {
      const { get, post, cluster } = open();
      const answers = [
        await get(`/api/v1/namespaces/shop/rollouts/${encodeURIComponent(name)}`, 'alice'),
        await get(`/api/v1/namespaces/${encodeURIComponent(name)}/rollouts/web`, 'alice'),
        await post(`${web}/gates/${encodeURIComponent(name)}/approve`, 'alice', seen),
      ];
      expect(answers.every(({ status }) => status === 400 || status === 404)).toBe(true);
      const asked = cluster.reviews.filter(({ resourceAttributes }) => resourceAttributes !== undefined);
      expect(asked.filter(({ resourceAttributes }) => Object.values(resourceAttributes ?? {}).includes(name))).toEqual([]);
      expect(cluster.decisions.size).toBe(0);
    },
  );
});

describe('what is shown', () => {
  test('one Rollout, as it is', async () => {
    const { get } = open();
    const { body } = await get(web, 'vera');
    expect(body).toMatchObject({
      name: 'web',
      namespace: 'shop',
      canaryRevision: 'bbbb',
      attempt: 2,
      gates: [{ name: 'qa', state: 'Open', missing: 1 }],
    });
  });

  test('a list has what the caller may get, and no more', async () => {
    const { get, cluster } = open();
    const namesFor = async (user: string) =>
      ((await get('/api/v1/rollouts', user)).body.items as { name: string }[]).map(({ name }) => name);
    expect(await Promise.all(['nell', 'vera', 'otto'].map(namesFor))).toEqual([[], ['web'], ['ledger']]);
    cluster.users.set('root', { username: 'root' });
    cluster.grant('root', 'get', 'rollouts');
    expect(await namesFor('root')).toEqual(['ledger', 'web']);
    expect(problemOf(await get('/api/v1/rollouts?namespace=bank', 'vera'))).toBe('403 NotAllowed');
  });

  test('in pages, of which each Rollout is on one', async () => {
    const { get, cluster } = open();
    for (let index = 0; index < 7; index++) cluster.put('shop', `app-${index}`);
    cluster.sync();
    const names: string[] = [];
    let token = '';
    for (let page = 0; page < 10; page++) {
      const { body } = await get(`/api/v1/rollouts?limit=3&filter=shop/${token === '' ? '' : `&continue=${token}`}`, 'alice');
      names.push(...(body.items as { name: string }[]).map(({ name }) => name));
      if (body.continue === undefined) break;
      token = String(body.continue);
    }
    expect(names).toEqual(['app-0', 'app-1', 'app-2', 'app-3', 'app-4', 'app-5', 'app-6', 'web']);
  });

  test.each(['limit=0', 'limit=501', 'limit=x', 'limit=1&limit=2', 'continue=%00', 'namespace=Shop', 'colour=red', '__proto__=1'])(
    'a query that is wrong is refused: %s',
    async (query) => {
      const { get } = open();
      expect(problemOf(await get(`/api/v1/rollouts?${query}`, 'alice'))).toBe('400 InvalidRequest');
    },
  );

  test('before the first lists are in, nothing is said to be all there is', async () => {
    const { get, cluster } = open();
    cluster.isSynced = false;
    expect(problemOf(await get('/api/v1/rollouts', 'alice'))).toBe('503 NotServing');
    expect(problemOf(await get(web, 'alice'))).toBe('503 NotServing');
  });
});

describe('bodies', () => {
  const bodies: readonly (readonly [string, string | Buffer])[] = [
    ['no JSON', '{"revision"'],
    ['nothing', ''],
    ['no object', '[]'],
    ['a text', '"bbbb"'],
    ['null', 'null'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(JSON.stringify(seen))])],
    ['a key twice', '{"revision":"bbbb","attempt":2,"revision":"cccc"}'],
    ['a key twice, spelled otherwise', '{"revision":"bbbb","attempt":2,"r\\u0065vision":"cccc"}'],
    ['a prototype', '{"revision":"bbbb","attempt":2,"__proto__":{"isAdmin":true}}'],
    ['a constructor', '{"revision":"bbbb","attempt":2,"constructor":{"prototype":{"x":1}}}'],
    ['depth', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['another member', '{"revision":"bbbb","attempt":2,"subject":"root"}'],
    ['an attempt that is a text', '{"revision":"bbbb","attempt":"2"}'],
    ['an attempt that is no whole number', '{"revision":"bbbb","attempt":2.5}'],
    ['no revision', '{"attempt":2}'],
    ['a reason with a bell', '{"revision":"bbbb","attempt":2,"reason":"\\u0007"}'],
  ];

  test.each(bodies)('%s is refused, and nothing is written', async (_, payload) => {
    const { post, cluster } = open();
    expect(problemOf(await post(`${web}/gates/qa/approve`, 'alice', payload, json))).toBe('400 InvalidRequest');
    expect(cluster.decisions.size).toBe(0);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  test.each([
    'text/plain',
    'application/json\t',
    ' application/json;',
    'application/json; charset=utf-7',
    'application/json, application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json;charset=utf-8;charset=utf-16',
    'application/jsonp',
    '',
  ])('a content type that is not plain JSON is refused: %j', async (type) => {
    const { post, cluster } = open();
    expect(problemOf(await post(`${web}/abort`, 'alice', JSON.stringify(seen), { 'content-type': type }))).toBe('415 UnsupportedMediaType');
    expect(cluster.decisions.size).toBe(0);
  });

  test.each(['application/json', 'Application/JSON; charset=UTF-8', 'application/json;charset=utf-8'])(
    'plain JSON is taken: %s',
    async (type) => {
      const { post } = open();
      expect((await post(`${web}/abort`, 'alice', JSON.stringify(seen), { 'content-type': type })).status).toBe(201);
    },
  );

  test('an encoding is refused: what a limit is for would come out of it', async () => {
    const { post } = open();
    expect(problemOf(await post(`${web}/abort`, 'alice', JSON.stringify(seen), { ...json, 'content-encoding': 'gzip' }))).toBe(
      '415 UnsupportedMediaType',
    );
  });

  test('64 KiB are enough', async () => {
    const { post } = open();
    expect(problemOf(await post(`${web}/abort`, 'alice', JSON.stringify({ ...seen, reason: 'x'.repeat(70_000) }), json))).toBe(
      '413 BodyTooLarge',
    );
  });

  test('who has no token has no body read', async () => {
    const { post } = open();
    expect(problemOf(await post(`${web}/abort`, undefined, 'x'.repeat(70_000), json))).toBe('401 Unauthenticated');
  });
});

describe('routes that there are not', () => {
  test.each([
    ['GET', '/', '404 NotFound'],
    ['GET', '/api/v1', '404 NotFound'],
    ['GET', `${web}/`, '404 NotFound'],
    ['GET', '/API/v1/rollouts', '404 NotFound'],
    ['GET', `${web}/abort`, '405 MethodNotAllowed'],
    ['DELETE', web, '405 MethodNotAllowed'],
    ['OPTIONS', web, '405 MethodNotAllowed'],
    ['GET', '/%zz', '400 InvalidRequest'],
  ] as const)('%s %s', async (method, url, problem) => {
    const { app } = open();
    const { statusCode, headers, body } = await app.inject({ method, url, headers: { authorization: 'Bearer alice' } });
    expect(problemOf({ status: statusCode, headers, text: body, body: JSON.parse(body) as Answer['body'] })).toBe(problem);
    if (statusCode === 405) expect(headers.allow).toMatch(/GET|POST/);
  });
});

describe('how often', () => {
  test('a caller who asks too often waits, and nobody else does', async () => {
    const { get, clock } = open({ perCaller: 2 });
    const statuses: number[] = [];
    for (let index = 0; index < 5; index++) statuses.push((await get(web, 'alice')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
    const refused = await get(web, 'alice');
    expect(problemOf(refused)).toBe('429 TooManyRequests');
    expect(refused.headers['retry-after']).toBe('1');
    expect((await get(web, 'vera')).status).toBe(200);
    await clock.advance(1_000);
    expect((await get(web, 'alice')).status).toBe(200);
  });

  test('who guesses tokens is not even asked about for long', async () => {
    const { get, cluster } = open();
    const statuses = await Promise.all(Array.from({ length: 100 }, async (_, index) => (await get(web, `guess-${index}`)).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect((await get(web, 'alice')).status).toBe(429);
    const asked = cluster.reviews.length;
    for (let index = 0; index < 20; index++) expect(problemOf(await get(web, `more-${index}`))).toBe('429 TooManyRequests');
    expect(cluster.reviews.length).toBe(asked);
  });

  test('whoever is known is not kept out by somebody who guesses from behind the same proxy', async () => {
    const { get } = open();
    expect((await get(web, 'alice')).status).toBe(200);
    for (let index = 0; index < 50; index++) await get(web, `guess-${index}`);
    expect([(await get(web, 'guess')).status, (await get(web, 'alice')).status]).toEqual([429, 200]);
  });
});

describe('the log', () => {
  test('has one line for each decision and each refusal, and never a token', async () => {
    const { post, get, log, cluster } = open();
    cluster.users.set('s3cr3t-token', { username: 'carol' });
    await post(`${web}/gates/qa/approve`, 'alice', { ...seen, reason: 'looks good' });
    await post(`${web}/gates/qa/approve`, 'alice', { ...seen, attempt: 1 });
    await get(web, 's3cr3t-token');
    await get(web, 'wr0ng-token');
    expect(log.map(({ message, audit, user, status, refusal }) => [message, audit, user, status, refusal])).toEqual([
      ['a decision was taken down', 'decision', 'alice', undefined, undefined],
      ['a decision was refused', 'decision', 'alice', 409, 'StaleDecision'],
      ['a request was refused', 'refusal', undefined, 403, 'NotAllowed'],
      ['a request was refused', 'refusal', undefined, 401, 'Unauthenticated'],
    ]);
    expect(JSON.stringify(log)).not.toMatch(/s3cr3t|wr0ng/);
  });

  test('is not filled by who asks too often', async () => {
    const { get, log } = open({ perCaller: 1 });
    for (let index = 0; index < 50; index++) await get(web, 'alice');
    expect(log.filter(({ status }) => status === 429)).toHaveLength(5);
  });
});

import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiDocument } from './openapi.ts';
import { apiRoutes } from './routes/index.ts';
import { decisionObjectSchema, rolloutListSchema } from './schemas/answers.ts';
import { rolloutViewSchema } from './schemas/view.ts';
import { anApp, web } from './testing/app.ts';

const { app, get, post } = anApp();
beforeAll(async () => {
  await app.ready();
});
afterAll(() => app.close());

const document = openApiDocument('1.2.3') as {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; responses: object }>>;
};
const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);

describe('the OpenAPI page', () => {
  test('is OpenAPI 3.1, as a validator of others sees it', async () => {
    const checked = await new Validator().validate(structuredClone(document));
    expect(checked.errors ?? []).toEqual([]);
    expect([checked.valid, document.openapi]).toEqual([true, '3.1.0']);
  });

  test('and the validator would say so if it were not', async () => {
    const broken = structuredClone(document) as unknown as { paths: Record<string, { get: { responses: unknown } }> };
    for (const path of Object.values(broken.paths)) if (path.get !== undefined) path.get.responses = 'none';
    expect((await new Validator().validate(broken as unknown as typeof document)).valid).toBe(false);
  });

  test('has every route that is served, and no other', async () => {
    for (const { method, url } of apiRoutes) expect(app.hasRoute({ method, url })).toBe(true);
    const served = [
      ...apiRoutes.map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`),
      'GET /healthz',
      'GET /readyz',
      'GET /metrics',
      'GET /openapi.json',
    ];
    expect(documented.toSorted()).toEqual(served.toSorted());
    for (const each of documented) {
      const [method = '', path = ''] = each.split(' ');
      expect([each, app.hasRoute({ method: method as 'GET', url: path.replace(/\{(\w+)\}/g, ':$1') })]).toEqual([each, true]);
    }
  });

  test('names each operation once, and all that it may answer', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const approve = document.paths['/api/v1/namespaces/{namespace}/rollouts/{name}/gates/{gate}/approve']?.post;
    expect(Object.keys(approve?.responses ?? {})).toEqual([
      '201',
      '400',
      '401',
      '403',
      '404',
      '408',
      '409',
      '413',
      '415',
      '429',
      '500',
      '503',
    ]);
  });

  test('is served, and says what is really answered', async () => {
    expect((await get('/openapi.json')).body).toMatchObject({ openapi: '3.1.0', info: { version: 'test' } });
    expect(rolloutViewSchema.safeParse((await get(web, 'alice')).body).error).toBeUndefined();
    expect(rolloutListSchema.safeParse((await get('/api/v1/rollouts', 'alice')).body).error).toBeUndefined();
    const made = await post(`${web}/abort`, 'alice', { revision: 'bbbb', attempt: 2 });
    expect(decisionObjectSchema.safeParse(made.body).error).toBeUndefined();
  });
});

import { z } from 'zod';
import type { ApiRoute } from './routes/index.ts';
import { apiRoutes } from './routes/index.ts';
import { decisionObjectSchema, problemSchema, rolloutListSchema } from './schemas/answers.ts';
import { parameterSchemas } from './schemas/parameters.ts';
import { rolloutViewSchema } from './schemas/view.ts';

type Json = Readonly<Record<string, unknown>>;

/** On every route. */
const everywhere = [400, 401, 403, 429, 500, 503];

const problemTexts: Readonly<Record<number, string>> = {
  400: 'not as the API has it',
  401: 'no token, or none that the API server takes',
  403: 'a right is missing; the detail names the verb',
  404: 'there is nothing of that name',
  408: 'the body did not arrive in time',
  409: 'stale, or not what can be decided now, or a key that was used for something else',
  413: 'longer than 64 KiB',
  415: 'not plain application/json',
  429: 'too often; Retry-After says for how long',
  500: 'a fault of the program',
  503: 'this replica cannot say; Retry-After says when to ask again',
};

/** The probes' routes, which have neither parameters nor schemas. */
const probes = [
  ['/healthz', 'Whether the process is alive', 'text/plain'],
  ['/readyz', 'Whether it does its work, or would if it led', 'text/plain'],
  ['/metrics', 'Metrics in the text format of Prometheus', 'text/plain'],
  ['/openapi.json', 'This page', 'application/json'],
] as const;

/** OpenAPI 3.1, from the schemas that check the requests. */
export function openApiDocument(version: string): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description: 'Live views of Rollouts, and decisions on them. See docs/api.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: [{ bearer: [] }],
    paths: paths(),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'a token of the API server’s: audience sluice, or its own' },
      },
      schemas: schemas(),
    },
  };
}

function paths(): Json {
  const found: Record<string, Record<string, unknown>> = {};
  for (const route of apiRoutes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    found[path] = { ...found[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  for (const [path, summary, type] of probes) {
    const answers = {
      200: { description: 'so it is', content: { [type]: {} } },
      ...(path === '/healthz' || path === '/readyz' ? problemsOf([503]) : {}),
    };
    found[path] = { get: { operationId: `get${path.replace(/\W+/g, '_')}`, summary, security: [], responses: answers } };
  }
  return found;
}

function operationOf({ operationId, summary, url, query, body, answer, problems, policy }: ApiRoute): Json {
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) =>
    parameter(name, 'path', true, jsonOf(parameterSchemas[name as keyof typeof parameterSchemas], 'input')),
  );
  const content = { [answer.type]: { schema: answer.type === 'text/event-stream' ? { type: 'string' } : reference(answer.name) } };
  return {
    operationId,
    summary,
    ...(policy.kind === 'decide' ? { description: `Needs the verb \`${policy.action.toLowerCase()}\` on \`rollouts/decision\`.` } : {}),
    parameters: [...inPath, ...queryParameters(query), ...headerParameters(policy.kind, answer.type)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: body.isNeeded, content: { 'application/json': { schema: reference(body.name) } } } }),
    responses: { [answer.status]: { description: answer.description, content }, ...problemsOf([...everywhere, ...problems]) },
  };
}

function headerParameters(kind: ApiRoute['policy']['kind'], type: string): readonly Json[] {
  if (kind === 'decide') {
    const described = { description: 'the same key and body get the same answer, and have one effect; another body gets 409' };
    return [{ ...parameter('Idempotency-Key', 'header', false, { type: 'string', minLength: 1, maxLength: 255 }), ...described }];
  }
  return type === 'text/event-stream' ? [parameter('Last-Event-ID', 'header', false, { type: 'string' })] : [];
}

function queryParameters(query: z.ZodType | undefined): readonly Json[] {
  const { properties = {} } = query === undefined ? {} : (jsonOf(query, 'input') as { properties?: Readonly<Record<string, Json>> });
  return Object.entries(properties).map(([name, schema]) => parameter(name, 'query', false, schema));
}

const parameter = (name: string, where: string, required: boolean, schema: Json): Json => ({ name, in: where, required, schema });

const reference = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

function problemsOf(statuses: readonly number[]): Json {
  const content = { 'application/problem+json': { schema: reference('Problem') } };
  return Object.fromEntries([...new Set(statuses)].sort().map((status) => [status, { description: problemTexts[status] ?? '', content }]));
}

function schemas(): Json {
  const bodies = apiRoutes.flatMap(({ body }) => (body === undefined ? [] : [[body.name, jsonOf(body.schema, 'input')] as const]));
  return {
    Rollout: jsonOf(rolloutViewSchema, 'output'),
    RolloutList: jsonOf(rolloutListSchema, 'output'),
    Decision: jsonOf(decisionObjectSchema, 'input'),
    Problem: jsonOf(problemSchema, 'output'),
    ...Object.fromEntries(bodies),
  };
}

function jsonOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io });
  return rest;
}

import { isObject } from '../../lib/index.ts';
import type { Kind, KindRegistry, KindVersion } from './kinds/index.ts';
import type { ApiAnswer } from './port.ts';
import { answer, noSuchPath, refuse } from './status.ts';
import type { Members } from './values.ts';

/**
 * As much of OpenAPI v3 as kubectl asks for: that the server validates fields itself (or kubectl would do it, by a document of
 * megabytes), and the schemas for `kubectl explain`. There is no v2: kubectl goes on without it.
 */
export function openApi(kinds: KindRegistry, path: string): ApiAnswer | undefined {
  if (path === '/openapi/v2') return refuse(noSuchPath);
  if (path === '/openapi/v3') return answer(200, { paths: indexOf(kinds) });
  const found = /^\/openapi\/v3\/(?:api\/(v1)|apis\/([^/]+)\/([^/]+))$/.exec(path);
  if (found === null) return undefined;
  const [, core, group = '', version = core ?? ''] = found;
  const served = servedIn(kinds, group, version);
  return served.length === 0 ? refuse(noSuchPath) : answer(200, documentOf(served));
}

interface Served {
  readonly kind: Kind;
  readonly version: KindVersion;
}

const rootOf = (group: string, version: string): string => (group === '' ? `api/${version}` : `apis/${group}/${version}`);

function indexOf(kinds: KindRegistry): Members {
  const roots = kinds
    .all()
    .flatMap((kind) => kind.versions.filter(({ served }) => served).map(({ name }) => rootOf(kind.group, name)))
    .map((root) => [root, { serverRelativeURL: `/openapi/v3/${root}` }]);
  return Object.fromEntries(roots);
}

function servedIn(kinds: KindRegistry, group: string, name: string): readonly Served[] {
  return kinds
    .all()
    .filter((kind) => kind.group === group)
    .flatMap((kind) => kind.versions.filter((version) => version.name === name && version.served).map((version) => ({ kind, version })));
}

const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string' },
}));

const documentOf = (served: readonly Served[]): Members => ({
  openapi: '3.0.0',
  info: { title: 'Kubernetes', version: 'v1.36.0-sandbox' },
  paths: Object.fromEntries(served.map(pathOf)),
  components: { schemas: Object.fromEntries(served.map((one) => [schemaName(one), schemaOf(one)])) },
});

const typeOf = ({ kind, version }: Served): Members => ({ group: kind.group, kind: kind.kind, version: version.name });
const schemaName = ({ kind, version }: Served): string =>
  [...kind.group.split('.').toReversed(), version.name, kind.kind].filter(Boolean).join('.');

function pathOf(served: Served): readonly [string, unknown] {
  const { kind, version } = served;
  const place = kind.namespaced ? '/namespaces/{namespace}' : '';
  const operation = {
    parameters,
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-group-version-kind': typeOf(served),
  };
  const methods = { get: operation, put: operation, patch: operation, delete: operation };
  return [`/${rootOf(kind.group, version.name)}${place}/${kind.plural}/{name}`, methods];
}

const schemaOf = (served: Served): Members => ({
  ...(published(served.version.schema) as Members),
  'x-kubernetes-group-version-kind': [typeOf(served)],
});

/** Without the words that only this server knows. */
function published(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(published);
  if (!isObject(schema)) return schema;
  const members = Object.entries(schema).filter(([key]) => key !== 'x-omit-empty');
  return Object.fromEntries(members.map(([key, member]) => [key, published(member)]));
}

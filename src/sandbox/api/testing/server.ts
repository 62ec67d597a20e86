// A small API server for tests of its parts: one kind of our own, virtual time.
import { seededRandom, VirtualClock } from '../../../lib/index.ts';
import type { ApiObject, ApiRequest } from '../port.ts';
import { type ApiServer, type ApiServerOptions, createApiServer } from '../server.ts';

export const things = '/apis/test.dev/v1/namespaces/default/things';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.test.dev' },
  spec: {
    group: 'test.dev',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } },
        },
      },
    ],
  },
};

export interface SmallServer {
  readonly server: ApiServer;
  readonly clock: VirtualClock;
}

export function smallServer(options: Partial<ApiServerOptions> = {}): SmallServer {
  const clock = new VirtualClock();
  return { clock, server: createApiServer({ clock, random: seededRandom(1), objects: [definition], ...options }) };
}

export const thing = (name: string, size = 1): Readonly<Record<string, unknown>> => ({
  apiVersion: 'test.dev/v1',
  kind: 'Thing',
  metadata: { name },
  spec: { size },
});

export const create = (name: string, size = 1): ApiRequest => ({
  method: 'POST',
  path: things,
  body: thing(name, size),
  headers: { 'content-type': 'application/json' },
});
export const resize = (name: string, size: number, resourceVersion?: string): ApiRequest => ({
  method: 'PATCH',
  path: `${things}/${name}`,
  body: { spec: { size }, ...(resourceVersion === undefined ? {} : { metadata: { resourceVersion } }) },
  headers: { 'content-type': 'application/merge-patch+json' },
});
export const read = (name: string): ApiRequest => ({ method: 'GET', path: `${things}/${name}` });
export const watchFrom = (resourceVersion: string): ApiRequest => ({
  method: 'GET',
  path: things,
  query: { watch: true, resourceVersion, allowWatchBookmarks: true },
});

export const sizeOf = (body: unknown): unknown => ((body as ApiObject).spec as { readonly size?: unknown } | undefined)?.size;
export const versionOf = (body: unknown): string => (body as ApiObject).metadata.resourceVersion;

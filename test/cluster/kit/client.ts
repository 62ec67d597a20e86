import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Pool } from 'undici';
import { objectPath } from './paths.ts';

export interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly generateName?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly uid: string;
    readonly controller?: boolean;
  }[];
  readonly finalizers?: readonly string[];
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Meta;
}

export interface ObjectList<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(method: string, path: string, status: number, body: string) {
    const parsed = parse(body);
    super(`${method} ${path}: ${status} ${parsed.message ?? body.slice(0, 500)}`);
    this.status = status;
    this.reason = parsed.reason ?? '';
  }
}

function parse(body: string): { message?: string; reason?: string } {
  try {
    return JSON.parse(body) as { message?: string; reason?: string };
  } catch {
    return {};
  }
}

export type PatchType = 'merge' | 'json' | 'strategic';
const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** A plain JSON client of the API server for tests and for the kit's own parts. Failures are thrown as ApiError. */
export interface ApiClient {
  raw(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<{ status: number; body: string }>;
  get<T = KubeObject>(path: string): Promise<T>;
  /** Undefined where the object does not exist. */
  find<T = KubeObject>(path: string): Promise<T | undefined>;
  list<T = KubeObject>(path: string): Promise<ObjectList<T>>;
  /** POST to the collection that the object's kind and namespace name. */
  create<T extends KubeObject>(object: T): Promise<T>;
  put<T extends KubeObject>(object: T): Promise<T>;
  /** Server-side apply. */
  apply<T extends KubeObject>(object: T, options?: { readonly manager?: string; readonly force?: boolean }): Promise<T>;
  patch<T = KubeObject>(path: string, body: unknown, type?: PatchType): Promise<T>;
  /** Absent is fine. */
  remove(path: string, options?: unknown): Promise<void>;
  watch<T = KubeObject>(path: string, resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly url: string;
  /** Empty: plain HTTP. */
  readonly caFile: string;
  readonly token: string;
  readonly userAgent?: string;
}

/** A server that has just started answers 429 "storage is (re)initializing" until its caches are filled: a client asks again. */
const PATIENCE = 120;

export function apiClient(options: ClientOptions): ApiClient {
  const secure = options.caFile === '' ? {} : { connect: { ca: readFileSync(options.caFile) } };
  const pool = new Pool(options.url, { connections: 16, ...secure, headersTimeout: 60_000, bodyTimeout: 60_000 });
  const watches = new Pool(options.url, { connections: null, ...secure, headersTimeout: 60_000, bodyTimeout: 0 });
  const headers = {
    authorization: `Bearer ${options.token}`,
    accept: 'application/json',
    'user-agent': options.userAgent ?? 'sluice-test-bed',
  };

  const raw: ApiClient['raw'] = async (method, path, body, contentType = 'application/json') => {
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { ...headers, 'content-type': contentType } };
    const response = await pool.request({ method, path, headers, ...content });
    return { status: response.statusCode, body: await response.body.text() };
  };
  async function send<T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<T> {
    let response = await raw(method, path, body, contentType);
    for (let tries = 1; response.status === 429 && tries < PATIENCE; tries++) {
      await setTimeout(1000);
      response = await raw(method, path, body, contentType);
    }
    if (response.status >= 300) throw new ApiError(method, path, response.status, response.body);
    return JSON.parse(response.body) as T;
  }
  const orAbsent = (error: unknown): undefined => {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  };

  return {
    raw,
    get: (path) => send('GET', path),
    find: <T>(path: string) => send<T>('GET', path).catch(orAbsent),
    list: (path) => send('GET', path),
    create: (object) => send('POST', objectPath(object, 'collection'), object),
    put: (object) => send('PUT', objectPath(object), object),
    apply: (object, { manager = 'test', force = true } = {}) =>
      send('PATCH', `${objectPath(object)}?fieldManager=${manager}&force=${force}`, object, 'application/apply-patch+yaml'),
    patch: (path, body, type = 'merge') => send('PATCH', path, body, PATCH_TYPES[type]),
    remove: async (path, deleteOptions) => {
      await send('DELETE', path, deleteOptions).catch(orAbsent);
    },
    watch: async function* <T>(path: string, resourceVersion: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
      const query = `${path.includes('?') ? '&' : '?'}watch=1&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`;
      const response = await watches.request({ method: 'GET', path: `${path}${query}`, headers, signal });
      if (response.statusCode >= 300) throw new ApiError('WATCH', path, response.statusCode, await response.body.text());
      response.body.setEncoding('utf8');
      let rest = '';
      for await (const chunk of response.body as AsyncIterable<string>) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchEvent<T>;
      }
    },
    close: async () => {
      await Promise.all([pool.destroy(), watches.destroy()]);
    },
  };
}

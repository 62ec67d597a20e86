// What the contract of an API server is asked through, and words to ask with.
import { expect } from 'vitest';

export type Doc = Readonly<Record<string, unknown>>;

export type Query = Readonly<Record<string, string | undefined>>;

export interface ContractRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  /** `admin` may do everything, `alice` and `bob` what roles give them. */
  readonly user?: 'admin' | 'alice' | 'bob' | 'nobody';
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or a text that is none. */
  readonly body: unknown;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Doc;
}

export interface ContractWatch {
  readonly status: number;
  /** The next event; undefined once the stream has ended. */
  next(): Promise<WatchEvent | undefined>;
  close(): void;
}

/** An API server under the contract, with our kinds, TrafficSplit and the definitions of `objects.ts` in it. */
export interface ServerUnderTest {
  send(request: ContractRequest): Promise<Reply>;
  watch(request: ContractRequest): Promise<ContractWatch>;
  /** Asks until the answer is yes, with time passing in between. */
  eventually(what: string, ask: () => Promise<boolean>): Promise<void>;
  /** Lets the given time pass. */
  pass(ms: number): Promise<void>;
  /** Forgets the past, where the server can be told to. */
  readonly compact?: () => Promise<void>;
}

export const isDoc = (value: unknown): value is Doc => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path of member names and indices: `spec.items.0.name`. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return inner[Number(key)];
    return isDoc(inner) ? inner[key] : undefined;
  }, value);
}

export const textAt = (value: unknown, path: string): string => String(at(value, path) ?? '');
export const listAt = (value: unknown, path: string): readonly Doc[] => {
  const list = at(value, path);
  return Array.isArray(list) ? list.filter(isDoc) : [];
};

export const contentTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export interface Place {
  readonly collection: string;
  readonly apiVersion: string;
  readonly kind: string;
}

/** One namespace on one server, and requests in it. Replies are taken as they come; `ok` insists on success. */
export class Ask {
  readonly server: ServerUnderTest;
  readonly namespace: string;

  constructor(server: ServerUnderTest, namespace: string) {
    this.server = server;
    this.namespace = namespace;
  }

  get(path: string, query: Query = {}, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.server.send({ method: 'GET', path, query, headers });
  }
  post(path: string, body: unknown, query: Query = {}): Promise<Reply> {
    return this.server.send({ method: 'POST', path, body, query, headers: { 'content-type': 'application/json' } });
  }
  put(path: string, body: unknown, query: Query = {}): Promise<Reply> {
    return this.server.send({ method: 'PUT', path, body, query, headers: { 'content-type': 'application/json' } });
  }
  patch(path: string, body: unknown, type: keyof typeof contentTypes = 'merge', query: Query = {}): Promise<Reply> {
    return this.server.send({ method: 'PATCH', path, body, query, headers: { 'content-type': contentTypes[type] } });
  }
  delete(path: string, body?: unknown, query: Query = {}): Promise<Reply> {
    const content = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } };
    return this.server.send({ method: 'DELETE', path, query, ...content });
  }
  apply(path: string, body: unknown, manager: string, query: Query = {}): Promise<Reply> {
    return this.patch(path, body, 'apply', { fieldManager: manager, ...query });
  }

  async made(path: string, body: unknown, query: Query = {}): Promise<Doc> {
    return ok(await this.post(path, body, query), 201);
  }
  async read(path: string): Promise<Doc> {
    return ok(await this.get(path));
  }
}

/** The body of a reply that must have succeeded. */
export function ok(reply: Reply, status = 200): Doc {
  expect(reply, JSON.stringify(reply.body)?.slice(0, 1_000)).toMatchObject({ status });
  return isDoc(reply.body) ? reply.body : {};
}

/** A refusal: its code and reason, and a `Status` that says the same. */
export function refused(reply: Reply, code: number, reason?: string): Doc {
  expect(reply.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code });
  expect(at(reply.body, 'reason')).toBe(reason);
  expect(reply.status).toBe(code);
  return isDoc(reply.body) ? reply.body : {};
}

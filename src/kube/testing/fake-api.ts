import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isObject } from '../../lib/json.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly isWatch: boolean;
  readonly isList: boolean;
}

export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks; `afterWrite` executes the request first. */
  | { readonly kind: 'reset'; readonly afterWrite?: boolean }
  | { readonly kind: 'hang' }
  /** 200 and these bytes, then an end of the given kind. */
  | { readonly kind: 'text'; readonly text: string; readonly end: 'close' | 'reset' | 'silence' };

type Stored = Record<string, unknown> & { metadata: Record<string, unknown> & { name: string; resourceVersion: string } };
interface LoggedEvent {
  readonly type: string;
  readonly collection: string;
  readonly object: Stored;
  readonly version: number;
}
interface Watcher {
  readonly collection: string;
  readonly response: ServerResponse;
}

/**
 * A small API server on a real socket, for tests of the transport and the reflector: objects, versions, lists with pages, watches,
 * and a script of faults. It validates nothing and knows no groups.
 */
export class FakeApi {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #objects = new Map<string, Map<string, Stored>>();
  readonly #script: { matches: (request: SeenRequest) => boolean; fault: Fault; times: number }[] = [];
  readonly #watchers = new Set<Watcher>();
  #events: LoggedEvent[] = [];
  #version = 100;
  #compactedTo = 0;
  connections = 0;
  watchList: 'yes' | 'refused' | 'ignored' = 'yes';
  expiresTokens = false;
  /** Answers wait for `resume`: makes requests overlap. */
  isPaused = false;
  #paused: (() => void)[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#receive(request, response);
    });
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get version(): string {
    return String(this.#version);
  }

  get openWatches(): number {
    return this.#watchers.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next `times` requests that match get the fault. */
  fault(matches: (request: SeenRequest) => boolean, fault: Fault, times = 1): void {
    this.#script.push({ matches, fault, times });
  }

  resume(): void {
    this.isPaused = false;
    for (const proceed of this.#paused.splice(0)) proceed();
  }

  get pausedRequests(): number {
    return this.#paused.length;
  }

  put(collection: string, name: string, fields: Record<string, unknown> = {}, uid = `uid-${name}`): string {
    const existing = this.#collection(collection).get(name);
    const version = ++this.#version;
    const namespace = /\/namespaces\/([^/]+)\//.exec(collection)?.[1] ?? 'default';
    const object: Stored = {
      ...fields,
      metadata: { namespace, uid, ...(isObject(fields.metadata) ? fields.metadata : {}), name, resourceVersion: String(version) },
    };
    this.#collection(collection).set(name, object);
    this.#announce({ type: existing === undefined ? 'ADDED' : 'MODIFIED', collection, object, version });
    return String(version);
  }

  /** `silently` drops the watch event, as a faulty server may. */
  remove(collection: string, name: string, { silently = false } = {}): void {
    const existing = this.#collection(collection).get(name);
    if (existing === undefined) return;
    this.#collection(collection).delete(name);
    const version = ++this.#version;
    const object = { ...existing, metadata: { ...existing.metadata, resourceVersion: String(version) } };
    if (!silently) this.#announce({ type: 'DELETED', collection, object, version });
  }

  object(collection: string, name: string): Stored | undefined {
    return this.#collection(collection).get(name);
  }

  /** Forgets events: watches and continue tokens from before get 410. */
  compact(): void {
    this.#compactedTo = this.#version;
    this.#events = [];
  }

  bookmark(): void {
    this.#version += 1;
    for (const { response } of this.#watchers) response.write(line('BOOKMARK', { metadata: { resourceVersion: this.version } }));
  }

  /** Ends all watches: cleanly, or by breaking their connections. */
  cutWatches(how: 'close' | 'reset' = 'close'): void {
    for (const watcher of [...this.#watchers]) {
      this.#watchers.delete(watcher);
      if (how === 'close') watcher.response.end();
      else watcher.response.socket?.destroy();
    }
  }

  sendToWatches(text: string): void {
    for (const { response } of this.#watchers) response.write(text);
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const seen = describe(request, Buffer.concat(chunks).toString('utf8'));
    this.requests.push(seen);
    if (this.isPaused) await new Promise<void>((resolve) => this.#paused.push(resolve));
    const scripted = this.#script.find((entry) => entry.times > 0 && entry.matches(seen));
    if (scripted === undefined) return this.#answer(seen, response);
    scripted.times -= 1;
    this.#fail(seen, response, scripted.fault);
  }

  #fail(seen: SeenRequest, response: ServerResponse, fault: Fault): void {
    if (fault.kind === 'hang') return;
    if (fault.kind === 'reset') {
      if (fault.afterWrite) this.#execute(seen);
      response.socket?.destroy();
      return;
    }
    if (fault.kind === 'status') {
      const body = fault.body ?? { kind: 'Status', message: `scripted ${fault.status}`, reason: 'Scripted', metadata: {} };
      send(response, fault.status, body, fault.headers);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(fault.text);
    if (fault.end === 'close') response.end();
    else if (fault.end === 'reset') setImmediate(() => response.socket?.destroy());
  }

  #answer(seen: SeenRequest, response: ServerResponse): void {
    if (seen.isWatch) this.#watch(seen, response);
    else if (seen.isList) this.#list(seen, response);
    else {
      const { status, body } = this.#execute(seen);
      send(response, status, body);
    }
  }

  #execute(seen: SeenRequest): { status: number; body: unknown } {
    if (seen.method === 'POST') {
      const body = parsed(seen.body);
      const name = (body.metadata as { name?: string } | undefined)?.name ?? 'unnamed';
      if (this.object(seen.path, name) !== undefined) return refusal(409, 'AlreadyExists');
      this.put(seen.path, name, body);
      return { status: 201, body: this.object(seen.path, name) };
    }
    const collection = seen.path.slice(0, seen.path.lastIndexOf('/'));
    const name = decodeURIComponent(seen.path.slice(collection.length + 1));
    const existing = this.object(collection, name);
    if (existing === undefined) return refusal(404, 'NotFound');
    if (seen.method === 'GET') return { status: 200, body: existing };
    const body = parsed(seen.body);
    const claimed = isObject(body.metadata) ? body.metadata.resourceVersion : undefined;
    if (claimed !== undefined && claimed !== existing.metadata.resourceVersion) return refusal(409, 'Conflict');
    if (seen.method === 'DELETE') {
      this.remove(collection, name);
      return { status: 200, body: { kind: 'Status', status: 'Success', metadata: {} } };
    }
    this.put(collection, name, seen.method === 'PUT' ? body : { ...existing, ...body }, String(existing.metadata.uid));
    return { status: 200, body: this.object(collection, name) };
  }

  #list(seen: SeenRequest, response: ServerResponse): void {
    const all = [...this.#collection(seen.path).values()];
    const [from = 0, version = this.version] = (seen.query.continue ?? '').split('@').filter(Boolean);
    if (seen.query.continue !== undefined && (this.expiresTokens || Number(version) < this.#compactedTo)) {
      send(response, 410, refusal(410, 'Expired').body);
      return;
    }
    const limit = Number(seen.query.limit ?? all.length);
    const end = Number(from) + limit;
    const metadata = { resourceVersion: String(version), ...(end < all.length ? { continue: `${end}@${version}` } : {}) };
    send(response, 200, { kind: 'List', metadata, items: all.slice(Number(from), end) });
  }

  #watch(seen: SeenRequest, response: ServerResponse): void {
    const isInitial = seen.query.sendInitialEvents === 'true';
    if (isInitial && this.watchList === 'refused') {
      send(response, 422, refusal(422, 'Invalid').body);
      return;
    }
    const since = Number(seen.query.resourceVersion ?? this.#version);
    if (!isInitial && since < this.#compactedTo) {
      send(response, 410, refusal(410, 'Expired').body);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (isInitial) {
      for (const object of this.#collection(seen.path).values()) response.write(line('ADDED', object));
      const annotations = this.watchList === 'yes' ? { 'k8s.io/initial-events-end': 'true' } : {};
      response.write(line('BOOKMARK', { metadata: { resourceVersion: this.version, annotations } }));
    }
    for (const event of this.#events) {
      if (clusterWide(event.collection) === clusterWide(seen.path) && event.version > since) response.write(line(event.type, event.object));
    }
    const watcher = { collection: seen.path, response };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #announce(event: LoggedEvent): void {
    this.#events.push(event);
    for (const { collection, response } of this.#watchers) {
      if (clusterWide(collection) === clusterWide(event.collection)) response.write(line(event.type, event.object));
    }
  }

  #collection(path: string): Map<string, Stored> {
    const whole = clusterWide(path);
    const known = this.#objects.get(whole) ?? new Map<string, Stored>();
    this.#objects.set(whole, known);
    return known;
  }
}

// Names are unique across namespaces here, so that one map serves a namespace and all of them.
const clusterWide = (path: string): string => path.replace(/\/namespaces\/[^/]+/, '');

export const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

function describe(request: IncomingMessage, body: string): SeenRequest {
  const url = new URL(request.url ?? '/', 'http://fake');
  const query = Object.fromEntries(url.searchParams);
  const isWatch = query.watch !== undefined;
  const isList = request.method === 'GET' && !isWatch && /\/(widgets|leases)$/.test(url.pathname);
  return { method: request.method ?? '', path: url.pathname, query, headers: request.headers, body, isWatch, isList };
}

function refusal(code: number, reason: string): { status: number; body: unknown } {
  return { status: code, body: { kind: 'Status', status: 'Failure', code, reason, message: `fake ${reason}`, metadata: {} } };
}

function send(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function parsed(body: string): Record<string, unknown> {
  const value: unknown = body === '' ? {} : JSON.parse(body);
  return isObject(value) ? value : {};
}

import type { ObjectMeta } from '../../kube/index.ts';

/** An object as the API server stores and answers it: frozen, its metadata known, the rest unknown. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly deletionGracePeriodSeconds?: number; readonly generateName?: string };
  readonly [field: string]: unknown;
}

/** One request as a plain value: what HTTP carries, without the wire. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As in a URL: absolute, percent-encoded where needed, without the query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Names in lower case. `content-type` says what kind of PATCH it is; `authorization`, `accept` and `user-agent` count too. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON as a value, which nobody changes afterwards; or a text in the format that `content-type` names. */
  readonly body?: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON as a frozen value (an object, a list, or a `Status`); a text on the few routes that answer plain text. */
  readonly body: unknown;
}

export interface ApiWatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  /** A `Status` in an ERROR; a `Table` or `PartialObjectMetadata` where the request asked for it. */
  readonly object: unknown;
}

/** An open watch: a queue that the server fills while it serves writes, and that the watcher drains when it likes. */
export interface ApiWatch {
  /** The next event, or undefined where there is none now. */
  next(): ApiWatchEvent | undefined;
  /** No event will follow those that are queued: the server has ended the watch, or `close` was called. */
  isOver(): boolean;
  close(): void;
}

export type WatchOpening =
  | { readonly kind: 'open'; readonly watch: ApiWatch }
  /** An answer in place of a stream: a status of 300 and above, or what a request without a stream gets. */
  | { readonly kind: 'refused'; readonly answer: ApiAnswer };

/**
 * The API server without sockets, time or promises: a request is served at the moment of the call. What the server stores, it froze;
 * what it answers may be kept, compared by identity, and never changed.
 */
export interface ApiPort {
  /** Everything but watches. */
  request(request: ApiRequest): ApiAnswer;
  /**
   * A GET with `watch=true`. `onReady` is called, perhaps in the middle of somebody else's write, when the queue that was empty got
   * an event or the watch ended: it should note that and return, and drain later.
   */
  watch(request: ApiRequest, onReady: () => void): WatchOpening;
}

import type { Result } from '../lib/result.ts';
import type { KubeFailure } from './failure.ts';
import type { KubeObject, ObjectRef, Resource } from './object.ts';
import type { Priority, TransportRequest, TransportStream } from './transport.ts';

export type Answer<T> = Promise<Result<T, KubeFailure>>;

export interface WriteOptions {
  readonly priority?: Priority;
  /** Default `sluice`. */
  readonly fieldManager?: string;
  readonly deadlineMs?: number;
  readonly dryRun?: boolean;
}

export type PatchOptions = WriteOptions & {
  readonly type: 'merge' | 'json' | 'apply' | 'strategic';
  readonly subresource?: 'status' | 'scale';
  /** Takes over fields that other appliers own; for `apply` only. */
  readonly force?: boolean;
};

export type ReplaceOptions = WriteOptions & { readonly subresource?: 'status' | 'scale' };

export type DeleteOptions = WriteOptions & {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
};

export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Objects carry nothing but their metadata. */
  readonly metadataOnly?: boolean | undefined;
}

export type ListQuery = Selection & {
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: 'NotOlderThan' | 'Exact' | undefined;
  readonly deadlineMs?: number;
};

export type PageQuery = ListQuery & {
  /** Undefined asks for everything at once. */
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
  readonly retry?: boolean;
};

export interface ObjectList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

export interface ObjectPage extends ObjectList {
  readonly continueToken?: string;
}

export type WatchQuery = Selection & {
  /** Undefined starts with all objects as they are now, in a stream that ends with a marked bookmark. */
  readonly resourceVersion?: string | undefined;
  readonly timeoutSeconds: number;
};

export interface RawOptions {
  readonly query?: TransportRequest['query'];
  /** An object or list is sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly priority?: Priority;
  readonly deadlineMs?: number;
  /** For token and access reviews, which every replica may ask for. Lease traffic is never fenced. */
  readonly unfenced?: boolean;
  /** False: one attempt only. */
  readonly retry?: boolean;
  readonly maxBodyBytes?: number;
  /** Asked at the instant before bytes leave, in place of the fence; a failure stops the request unsent. */
  readonly guard?: () => KubeFailure | undefined;
}

/** Kubernetes over a transport: raw JSON in and out, a deadline on each call, failures as values. */
export interface KubeClient {
  get(resource: Resource, ref: ObjectRef, signal?: AbortSignal): Answer<KubeObject>;
  /** All pages of 500. An expired continue token starts anew in one piece. */
  list(resource: Resource, query?: ListQuery, signal?: AbortSignal): Answer<ObjectList>;
  listPage(resource: Resource, query: PageQuery, signal?: AbortSignal): Answer<ObjectPage>;
  /** One watch request; see `Reflector` for a watch that lasts. */
  watch(resource: Resource, query: WatchQuery, signal?: AbortSignal): Answer<TransportStream>;
  create(resource: Resource, namespace: string | undefined, body: object, options?: WriteOptions, signal?: AbortSignal): Answer<KubeObject>;
  patch(
    resource: Resource,
    ref: ObjectRef,
    body: object | readonly unknown[],
    options: PatchOptions,
    signal?: AbortSignal,
  ): Answer<KubeObject>;
  replace(resource: Resource, ref: ObjectRef, body: object, options?: ReplaceOptions, signal?: AbortSignal): Answer<KubeObject>;
  /** The object where it still exists (finalizers), else undefined. */
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions, signal?: AbortSignal): Answer<KubeObject | undefined>;
  /** Parsed JSON, or the text of an answer that is none. */
  raw(method: TransportRequest['method'], path: string, options?: RawOptions, signal?: AbortSignal): Answer<unknown>;
}

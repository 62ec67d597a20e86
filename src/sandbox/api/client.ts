import { collectionPath, type ObjectRef, type Resource, resourcePath } from '../../kube/index.ts';
import { fail, isObject, ok, type Result } from '../../lib/index.ts';
import type { ApiAnswer, ApiObject, ApiPort } from './port.ts';

/** Why the API server refused, from its `Status`. */
export interface ApiRefusal {
  readonly status: number;
  /** `Conflict`, `NotFound`, `AlreadyExists`, `Invalid`, ... */
  readonly reason: string;
  readonly message: string;
}

export type ApiResult = Result<ApiObject, ApiRefusal>;

export interface ClientSelection {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ClientWrite {
  readonly subresource?: 'status' | 'scale';
}

/** What parts of the sandbox that live in the same process (its controllers, its kubelet) use in place of HTTP. */
export interface DirectClient {
  /** Undefined where there is none. */
  get(resource: Resource, ref: ObjectRef): ApiObject | undefined;
  list(resource: Resource, selection?: ClientSelection): readonly ApiObject[];
  create(resource: Resource, object: ApiDraft): ApiResult;
  /** PUT: with the `resourceVersion` that the object carries, or unconditionally without one. */
  replace(resource: Resource, object: ApiDraft, write?: ClientWrite): ApiResult;
  /** JSON merge patch. */
  patch(resource: Resource, ref: ObjectRef, body: unknown, write?: ClientWrite): ApiResult;
  /** The object while finalizers hold it, or undefined once it is gone (or was never there). */
  delete(resource: Resource, ref: ObjectRef, options?: Readonly<Record<string, unknown>>): ApiObject | undefined;
}

/** An object as it is sent: what the server fills in may be left out. */
export interface ApiDraft {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
  };
  readonly [field: string]: unknown;
}

export function createDirectClient(port: ApiPort, headers: Readonly<Record<string, string>> = {}): DirectClient {
  const read = (path: string, query: ClientSelection = {}): ApiAnswer =>
    port.request({
      method: 'GET',
      path,
      query: { labelSelector: query.labelSelector, fieldSelector: query.fieldSelector },
      headers,
    });
  const write = (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body: unknown): ApiAnswer =>
    port.request({ method, path, body, headers: { ...headers, 'content-type': contentTypes[method] } });
  const refOf = ({ metadata }: ApiDraft): ObjectRef => ({ namespace: metadata.namespace, name: metadata.name ?? '' });

  return {
    get(resource, ref) {
      const answer = read(resourcePath(resource, ref));
      return answer.status < 300 ? (answer.body as ApiObject) : undefined;
    },
    list(resource, selection = {}) {
      const { body } = read(collectionPath(resource, selection.namespace), selection);
      return isObject(body) && Array.isArray(body.items) ? (body.items as readonly ApiObject[]) : [];
    },
    create: (resource, object) => outcomeOf(write('POST', collectionPath(resource, object.metadata.namespace), object)),
    replace: (resource, object, options = {}) =>
      outcomeOf(write('PUT', resourcePath(resource, refOf(object), options.subresource), object)),
    patch: (resource, ref, body, options = {}) => outcomeOf(write('PATCH', resourcePath(resource, ref, options.subresource), body)),
    delete(resource, ref, options = {}) {
      const { status, body } = write('DELETE', resourcePath(resource, ref), options);
      return status < 300 && isObject(body) && body.kind !== 'Status' ? (body as unknown as ApiObject) : undefined;
    },
  };
}

const contentTypes = {
  POST: 'application/json',
  PUT: 'application/json',
  PATCH: 'application/merge-patch+json',
  DELETE: 'application/json',
} as const;

function outcomeOf({ status, body }: ApiAnswer): ApiResult {
  if (status < 300) return ok(body as ApiObject);
  const said = isObject(body) ? body : {};
  return fail({ status, reason: String(said.reason ?? ''), message: String(said.message ?? '') });
}

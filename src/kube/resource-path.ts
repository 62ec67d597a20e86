import type { ObjectRef, Resource } from './object.ts';

const prefix = (resource: Resource): string =>
  resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;

const inNamespace = (namespace: string | undefined): string =>
  namespace === undefined || namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;

/** Path of all objects of a resource, in one namespace or (undefined) in all of them. */
export function collectionPath(resource: Resource, namespace?: string): string {
  return `${prefix(resource)}${resource.namespaced ? inNamespace(namespace) : ''}/${resource.plural}`;
}

/** Path of one object. A namespaced object without a namespace is a bug of the caller, since the server would take it for a collection. */
export function resourcePath(resource: Resource, ref: ObjectRef, subresource?: string): string {
  if (ref.name === '') throw new Error(`${resource.plural}: an object needs a name`);
  if (resource.namespaced && !ref.namespace) throw new Error(`${resource.plural}/${ref.name}: the namespace is missing`);
  const tail = subresource === undefined ? '' : `/${subresource}`;
  return `${collectionPath(resource, ref.namespace)}/${encodeURIComponent(ref.name)}${tail}`;
}

/** `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = (resource: Resource): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;

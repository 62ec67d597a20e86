import { storeNext } from './admit.ts';
import { serviceAccountUser, type Tokens } from './auth/index.ts';
import { type Call, queryText, resourceOf, timestamp } from './call.ts';
import type { Cluster } from './cluster.ts';
import { bodyOf } from './decode.ts';
import { deletedStatus, deleteObject, readDeleteOptions } from './delete.ts';
import { inPlace, type ListSource, list, tooLarge } from './list.ts';
import { readListOptions } from './list-options.ts';
import { formOf, listBody, objectBody } from './output.ts';
import type { ApiAnswer, ApiObject } from './port.ts';
import { scale } from './scale.ts';
import { answer, methodNotAllowed, noSuchPath, notFound, refuse } from './status.ts';
import { membersOf, textOf } from './values.ts';
import { fromStored } from './versions.ts';
import { create, findOrRefuse, patch, replace } from './write.ts';

export interface Serving extends ListSource {
  readonly cluster: Cluster;
  readonly tokens: Tokens;
}

/** Serves one request to a resource. Refusals are thrown: see `Refused`. */
export function serve(serving: Serving, call: Call): ApiAnswer {
  return call.subresource === undefined ? serveObject(serving, call) : serveSubresource(serving, call, call.subresource);
}

function serveObject(serving: Serving, call: Call): ApiAnswer {
  const { method } = call.request;
  if (call.name === undefined) return serveCollection(serving, call);
  switch (method) {
    case 'GET':
      return get(serving, call);
    case 'PUT':
      return written(call, replace(serving.cluster, call));
    case 'PATCH':
      return written(call, patch(serving.cluster, call));
    case 'DELETE':
      return remove(serving, call);
    case 'POST':
      // Go's own kinds have no such route; custom ones look at the verb alone.
      if (!call.kind.isCustom) refuse(methodNotAllowed);
      return written(call, { object: create(serving.cluster, { ...call, name: undefined }), isNew: true });
  }
}

function serveCollection(serving: Serving, call: Call): ApiAnswer {
  switch (call.request.method) {
    case 'GET':
      return answer(200, list(serving, call, readListOptions(call)));
    case 'POST':
      if (call.kind.namespaced && call.namespace === undefined) refuse(methodNotAllowed);
      return written(call, { object: create(serving.cluster, call), isNew: true });
    case 'DELETE':
      return removeAll(serving, call);
    default:
      return refuse(methodNotAllowed);
  }
}

const written = (call: Call, { object, isNew }: { readonly object: ApiObject; readonly isNew: boolean }): ApiAnswer =>
  answer(isNew ? 201 : 200, objectBody(call, object, formOf(call.request)));

function get({ store, seen }: Serving, call: Call): ApiAnswer {
  const asked = Number(queryText(call.request, 'resourceVersion') ?? '0');
  if (asked > seen) refuse(tooLarge(asked, seen));
  const key = call.namespace === undefined ? (call.name ?? '') : `${call.namespace}/${call.name ?? ''}`;
  const stored = store.at(seen).get(call.kind.table, key) ?? refuse(notFound(resourceOf(call), call.name ?? ''));
  return answer(200, objectBody(call, fromStored(stored, call.kind, call.version), formOf(call.request)));
}

function remove({ cluster }: Serving, call: Call): ApiAnswer {
  const { object, isGone } = deleteObject(cluster, call, readDeleteOptions(call));
  const showsObject = !isGone || call.kind.rules.returnsDeleted;
  return answer(200, showsObject ? objectBody(call, object, formOf(call.request)) : deletedStatus(call, object));
}

/** DELETE of a collection: each object as if it were deleted alone. */
function removeAll({ cluster, store }: Serving, call: Call): ApiAnswer {
  const options = readListOptions(call);
  const deletion = readDeleteOptions(call);
  const chosen = inPlace(call, store).filter(options.selects);
  const objects = chosen.map(
    ({ metadata }) => deleteObject(cluster, { ...call, namespace: metadata.namespace, name: metadata.name }, deletion).object,
  );
  return answer(200, listBody(call, objects, { resourceVersion: String(store.revision) }, formOf(call.request)));
}

function serveSubresource(serving: Serving, call: Call, subresource: string): ApiAnswer {
  const { kind, version, request } = call;
  const { cluster } = serving;
  const isWrite = request.method === 'PUT' || request.method === 'PATCH';
  if (subresource === 'status' && version.hasStatus) {
    if (request.method === 'GET') return get(serving, call);
    if (!isWrite) refuse(methodNotAllowed);
    return written(call, request.method === 'PUT' ? replace(cluster, call) : patch(cluster, call));
  }
  if (subresource === 'scale' && version.scale !== undefined) {
    if (request.method !== 'GET' && !isWrite) refuse(methodNotAllowed);
    return answer(200, scale(cluster, call, version.scale));
  }
  const key = `${request.method} ${kind.plural}/${subresource}`;
  if (kind.group === '' && key === 'POST serviceaccounts/token') return issueToken(serving, call);
  if (kind.group === '' && key === 'POST pods/binding') return bind(serving, call);
  if (kind.group === '' && key === 'POST pods/eviction') {
    deleteObject(
      cluster,
      call,
      readDeleteOptions({ ...call, request: { ...request, body: membersOf(bodyOf(request)).deleteOptions ?? {} } }),
    );
    return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  }
  return refuse(noSuchPath);
}

/** What the scheduler does: gives a pod its node. */
function bind({ cluster }: Serving, call: Call): ApiAnswer {
  const pod = findOrRefuse(cluster, call);
  const target = textOf(membersOf(membersOf(bodyOf(call.request)).target).name);
  const bound: ApiObject = { ...pod, spec: { ...membersOf(pod.spec), nodeName: target } };
  storeNext(cluster, { ...call, subresource: undefined }, pod, bound);
  return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}

function issueToken({ cluster, tokens }: Serving, call: Call): ApiAnswer {
  const account = findOrRefuse(cluster, call);
  const body = membersOf(bodyOf(call.request));
  const seconds = membersOf(body.spec).expirationSeconds;
  const expiresMs = call.nowMs + 1_000 * (typeof seconds === 'number' ? seconds : 3_600);
  const { namespace = '', name, uid } = account.metadata;
  const token = tokens.issue(serviceAccountUser(namespace, name, uid), expiresMs, cluster.random);
  const status = { token, expirationTimestamp: timestamp(expiresMs) };
  return answer(201, { ...body, kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', status });
}

import type { OwnerReference } from '../../kube/index.ts';
import type { Clock } from '../../lib/index.ts';
import type { Cluster } from './cluster.ts';
import { foregroundFinalizer, orphanFinalizer } from './delete.ts';
import { Dependents, type Place } from './dependents.ts';
import { apiVersionOf, definitions, type Kind, namespaces } from './kinds/index.ts';
import type { ApiAnswer, ApiObject, ApiRequest } from './port.ts';
import type { Commit } from './store.ts';
import { membersOf, textOf } from './values.ts';

export interface CollectorOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** From a write to what follows from it. */
  readonly delayMs: number;
  /** Sends a request as the collector. */
  readonly send: (request: ApiRequest) => ApiAnswer;
}

/**
 * What Kubernetes' controllers do around deletion, and nothing but that: dependents follow their owners (in the background, in the
 * foreground, or stay as orphans), a namespace goes once it is empty, a definition once its objects are gone.
 */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #dependents = new Dependents();
  #due = new Map<string, Place>();
  #isScheduled = false;

  constructor(options: CollectorOptions) {
    this.#options = options;
    options.cluster.store.onCommit((commit) => this.#note(commit));
  }

  /** Does at once what is due. True while that brought something about. */
  run(): boolean {
    const due = this.#due;
    this.#due = new Map();
    for (const place of due.values()) this.#visit(place);
    return this.#due.size > 0;
  }

  #note(commit: Commit): void {
    const { table, key, type, object, previous } = commit;
    this.#dependents.note(commit);
    const { uid, deletionTimestamp, ownerReferences = [] } = object.metadata;
    if (type === 'DELETED') {
      for (const place of this.#dependents.of(uid)) this.#want(place);
      for (const owner of ownerReferences) this.#wantOwner(owner.uid);
      this.#wantContainer(object, table);
    } else if (deletionTimestamp !== undefined) {
      this.#want({ table, key });
      for (const place of this.#dependents.of(uid)) this.#want(place);
    } else if (ownerReferences.length > 0 && previous?.metadata.ownerReferences !== ownerReferences) this.#want({ table, key });
  }

  #wantOwner(uid: string): void {
    const place = this.#dependents.place(uid);
    if (place !== undefined && this.#get(place)?.metadata.deletionTimestamp !== undefined) this.#want(place);
  }

  /** The namespace or definition that may wait for this to have been the last. */
  #wantContainer({ metadata: { namespace } }: ApiObject, table: string): void {
    const { store, kinds } = this.#options.cluster;
    if (namespace !== undefined && store.get(namespaces.table, namespace)?.metadata.deletionTimestamp !== undefined)
      this.#want({ table: namespaces.table, key: namespace });
    const kind = kinds.all().find((one) => one.table === table);
    if (kind?.isCustom === true) this.#wantDefinition(`${kind.plural}.${kind.group}`);
  }

  #wantDefinition(name: string): void {
    const definition = this.#options.cluster.store.get(definitions.table, name);
    if (definition?.metadata.deletionTimestamp !== undefined) this.#want({ table: definitions.table, key: name });
  }

  #want(place: Place): void {
    this.#due.set(`${place.table} ${place.key}`, place);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.clock.after(this.#options.delayMs, () => {
      this.#isScheduled = false;
      this.run();
    });
  }

  #get({ table, key }: Place): ApiObject | undefined {
    return this.#options.cluster.store.get(table, key);
  }

  #visit(place: Place): void {
    const object = this.#get(place);
    if (object === undefined) return;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp === undefined) {
      this.#followOwners(place, object);
      return;
    }
    if (place.table === namespaces.table) this.#emptyNamespace(object.metadata.name);
    else if (place.table === definitions.table) this.#emptyDefinition(object);
    else if (finalizers.includes(orphanFinalizer)) this.#orphan(place, object);
    else if (finalizers.includes(foregroundFinalizer)) this.#awaitDependents(place, object);
  }

  #followOwners(place: Place, object: ApiObject): void {
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    // Of a kind that is not served nobody can say whether it is there: so all stays as it is.
    if (owners.some((owner) => !this.#isThere(owner.uid, object) && !this.#isServed(owner))) return;
    const solid = owners.filter(({ uid }) => this.#isThere(uid, object));
    const waiting = solid.filter(({ uid }) => {
      const owner = this.#dependents.place(uid);
      const metadata = owner === undefined ? undefined : this.#get(owner)?.metadata;
      return metadata?.deletionTimestamp !== undefined && metadata.finalizers?.includes(foregroundFinalizer) === true;
    });
    if (solid.length === waiting.length) this.#delete(place, object, waiting.length > 0 ? 'Foreground' : 'Background');
    else if (solid.length < owners.length) this.#patch(place, object, { ownerReferences: solid });
  }

  /** An owner in another namespace is none. */
  #isThere(uid: string, { metadata: { namespace } }: ApiObject): boolean {
    const place = this.#dependents.place(uid);
    const owner = place === undefined ? undefined : this.#get(place);
    return owner !== undefined && (owner.metadata.namespace === undefined || owner.metadata.namespace === namespace);
  }

  #isServed({ apiVersion, kind: name }: OwnerReference): boolean {
    const [version, group = ''] = textOf(apiVersion).split('/').reverse();
    const kind = this.#options.cluster.kinds.byKind(group, textOf(name));
    return kind?.versions.some(({ name: known, served }) => known === version && served) === true;
  }

  #orphan(place: Place, object: ApiObject): void {
    const { uid, finalizers = [] } = object.metadata;
    for (const dependent of this.#dependents.of(uid)) {
      const found = this.#get(dependent);
      const ownerReferences = found?.metadata.ownerReferences?.filter((owner) => owner.uid !== uid);
      if (found !== undefined) this.#patch(dependent, found, { ownerReferences });
    }
    this.#patch(place, object, { finalizers: finalizers.filter((name) => name !== orphanFinalizer) });
  }

  #awaitDependents(place: Place, object: ApiObject): void {
    const { uid, finalizers = [] } = object.metadata;
    const blocking = this.#dependents.of(uid).filter((dependent) => {
      const owner = this.#get(dependent)?.metadata.ownerReferences?.find((one) => one.uid === uid);
      return owner?.blockOwnerDeletion === true;
    });
    for (const dependent of this.#dependents.of(uid)) this.#want(dependent);
    if (blocking.length > 0) return;
    this.#patch(place, object, { finalizers: finalizers.filter((name) => name !== foregroundFinalizer) });
  }

  #emptyNamespace(name: string): void {
    const { store, kinds } = this.#options.cluster;
    const tables = [...new Map(kinds.all().flatMap((kind) => (kind.namespaced ? [[kind.table, kind] as const] : [])))];
    const left = tables.flatMap(([table, kind]) => store.list(table, `${name}/`).map((object) => ({ object, kind })));
    for (const { object, kind } of left)
      if (object.metadata.deletionTimestamp === undefined)
        this.#delete({ table: kind.table, key: `${name}/${object.metadata.name}` }, object, 'Background');
    if (left.length === 0) store.remove(namespaces.table, name);
  }

  #emptyDefinition(definition: ApiObject): void {
    const { store, kinds } = this.#options.cluster;
    const spec = membersOf(definition.spec);
    const kind = kinds.get(textOf(spec.group), textOf(membersOf(spec.names).plural));
    const left = kind === undefined ? [] : store.list(kind.table);
    for (const object of left) {
      const { namespace, name, deletionTimestamp } = object.metadata;
      const key = namespace === undefined ? name : `${namespace}/${name}`;
      if (kind !== undefined && deletionTimestamp === undefined) this.#delete({ table: kind.table, key }, object, 'Background');
    }
    if (left.length === 0) store.remove(definitions.table, definition.metadata.name);
  }

  #delete(place: Place, { metadata: { uid } }: ApiObject, propagationPolicy: 'Background' | 'Foreground'): void {
    const path = this.#path(place);
    if (path !== undefined) this.#options.send({ method: 'DELETE', path, body: { preconditions: { uid }, propagationPolicy } });
  }

  #patch(place: Place, { metadata: { resourceVersion } }: ApiObject, metadata: Readonly<Record<string, unknown>>): void {
    const path = this.#path(place);
    if (path === undefined) return;
    const body = { metadata: { ...metadata, resourceVersion } };
    this.#options.send({ method: 'PATCH', path, body, headers: { 'content-type': 'application/merge-patch+json' } });
  }

  #path({ table, key }: Place): string | undefined {
    const kind = this.#options.cluster.kinds.all().find((one) => one.table === table);
    return kind === undefined ? undefined : objectPath(kind, key);
  }
}

function objectPath({ group, storageVersion, plural, namespaced }: Kind, key: string): string {
  const root = group === '' ? '/api' : '/apis';
  const [namespace, name] = namespaced ? key.split('/') : [undefined, key];
  const place = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${root}/${apiVersionOf(group, storageVersion)}${place}/${plural}/${name}`;
}

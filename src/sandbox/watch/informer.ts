import { collectionPath, keyOf, type Resource } from '../../kube/index.ts';
import { isObject } from '../../lib/index.ts';
import type { ApiObject, ApiPort, ApiWatch } from '../api/index.ts';

export type Change<T> =
  | { readonly type: 'added'; readonly key: string; readonly object: T; readonly before?: undefined }
  | { readonly type: 'modified'; readonly key: string; readonly object: T; readonly before: T }
  | { readonly type: 'deleted'; readonly key: string; readonly object: T; readonly before: T };

export interface InformerOptions {
  readonly port: ApiPort;
  readonly headers: Readonly<Record<string, string>>;
  /** There are events, or the watch has ended: `drain` soon. */
  readonly onReady: () => void;
}

/** What is watched: a resource, or nothing while the kind is not served. */
export type Watched = Resource | undefined;

/** The objects of one kind as this process last heard of them. `T` is their shape, which the API server has checked. */
export class Informer<T extends { readonly metadata: ApiObject['metadata'] }> {
  readonly #options: InformerOptions;
  readonly #items = new Map<string, T>();
  readonly #handlers: ((change: Change<T>) => void)[] = [];
  #resource: Watched;
  #watch: ApiWatch | undefined;

  constructor(resource: Watched, options: InformerOptions) {
    this.#resource = resource;
    this.#options = options;
  }

  get items(): ReadonlyMap<string, T> {
    return this.#items;
  }

  get(key: string): T | undefined {
    return this.#items.get(key);
  }

  /** Called for each change, in order; only from `drain`. */
  onChange(handler: (change: Change<T>) => void): void {
    this.#handlers.push(handler);
  }

  /** Watches another resource from now on: another version of the kind, or none. */
  redirect(resource: Watched): void {
    if (sameResource(this.#resource, resource)) return;
    this.#resource = resource;
    this.close();
    if (resource === undefined) this.#retain(new Set());
    this.#options.onReady();
  }

  /** Takes in what has come since. False where the API server did not let it watch: try again later. */
  drain(): boolean {
    if (this.#resource === undefined) return true;
    if (this.#watch === undefined) return this.#begin(this.#resource);
    const watch = this.#watch;
    for (let event = watch.next(); event !== undefined; event = watch.next()) {
      if (event.type === 'ERROR') return this.#again();
      if (event.type !== 'BOOKMARK') this.#take(event.type, event.object as T);
    }
    return watch.isOver() ? this.#again() : true;
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  #again(): boolean {
    this.close();
    return this.#resource === undefined || this.#begin(this.#resource);
  }

  #begin(resource: Resource): boolean {
    const { port, headers, onReady } = this.#options;
    const path = collectionPath(resource);
    const { status, body } = port.request({ method: 'GET', path, headers });
    if (status >= 300 || !isObject(body) || !Array.isArray(body.items)) return false;
    const resourceVersion = isObject(body.metadata) ? String(body.metadata.resourceVersion ?? '') : '';
    const items = body.items as readonly T[];
    this.#retain(new Set(items.map(({ metadata }) => keyOf(metadata))));
    for (const item of items) this.#put(item);
    const opening = port.watch({ method: 'GET', path, query: { watch: true, resourceVersion }, headers }, onReady);
    if (opening.kind === 'refused') return false;
    this.#watch = opening.watch;
    return this.drain();
  }

  #take(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    if (type !== 'DELETED') {
      this.#put(object);
      return;
    }
    const key = keyOf(object.metadata);
    const before = this.#items.get(key);
    if (before === undefined) return;
    this.#items.delete(key);
    this.#tell({ type: 'deleted', key, object, before });
  }

  #put(object: T): void {
    const key = keyOf(object.metadata);
    const before = this.#items.get(key);
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.#items.set(key, object);
    if (before === undefined) {
      this.#tell({ type: 'added', key, object });
      return;
    }
    if (before.metadata.uid === object.metadata.uid) {
      this.#tell({ type: 'modified', key, object, before });
      return;
    }
    this.#tell({ type: 'deleted', key, object: before, before });
    this.#tell({ type: 'added', key, object });
  }

  #retain(keys: ReadonlySet<string>): void {
    for (const [key, object] of this.#items) {
      if (keys.has(key)) continue;
      this.#items.delete(key);
      this.#tell({ type: 'deleted', key, object, before: object });
    }
  }

  #tell(change: Change<T>): void {
    for (const handler of this.#handlers) handler(change);
  }
}

const sameResource = (left: Watched, right: Watched): boolean =>
  left?.group === right?.group && left?.version === right?.version && left?.plural === right?.plural;

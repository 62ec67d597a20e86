import { collectionPath, type Resource } from '../../kube/index.ts';
import type { Clock } from '../../lib/index.ts';
import type { ApiObject, ApiPort } from '../api/index.ts';
import { Informer } from './informer.ts';

interface Watchable {
  readonly metadata: ApiObject['metadata'];
}

const retryMs = 1_000;

export interface InformersOptions {
  readonly port: ApiPort;
  readonly clock: Clock;
  readonly headers: Readonly<Record<string, string>>;
}

/** The caches that the actors of one process share, one for each kind. Its handlers run from the clock, never within a write. */
export class Informers {
  readonly #options: InformersOptions;
  readonly #informers: { drain(): boolean; close(): void }[] = [];
  readonly #shared = new Map<string, unknown>();
  readonly #dirty = new Set<{ drain(): boolean }>();
  #cancel: (() => void) | undefined;
  #isDraining = false;

  constructor(options: InformersOptions) {
    this.#options = options;
  }

  /** The one cache of a resource. `T`: the shape of its objects, which the API server has checked. */
  of<T extends Watchable>(resource: Resource): Informer<T> {
    const path = collectionPath(resource);
    const known = this.#shared.get(path);
    if (known !== undefined) return known as Informer<T>;
    const informer = this.redirectable<T>(resource);
    this.#shared.set(path, informer);
    return informer;
  }

  /** A cache of its own, that may watch another resource later; undefined: nothing yet. */
  redirectable<T extends Watchable>(resource?: Resource): Informer<T> {
    const { port, headers } = this.#options;
    const informer: Informer<T> = new Informer<T>(resource, { port, headers, onReady: () => this.#ready(informer) });
    this.#informers.push(informer);
    this.#ready(informer);
    return informer;
  }

  /** Takes in all that the API server has told until now. An actor does so before it decides, so that it sees its own writes. */
  sync(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const refused: { drain(): boolean }[] = [];
    for (const informer of this.#dirty) {
      this.#dirty.delete(informer);
      if (!informer.drain()) refused.push(informer);
    }
    this.#isDraining = false;
    for (const informer of refused) this.#options.clock.after(retryMs, () => this.#ready(informer));
  }

  close(): void {
    this.#cancel?.();
    for (const informer of this.#informers) informer.close();
  }

  #ready(informer: { drain(): boolean }): void {
    this.#dirty.add(informer);
    this.#cancel ??= this.#options.clock.after(0, () => {
      this.#cancel = undefined;
      this.sync();
    });
  }
}

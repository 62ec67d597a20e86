import type { Clock } from '../../lib/index.ts';
import type { Call } from './call.ts';
import { apiVersionOf } from './kinds/index.ts';
import type { ListOptions } from './list-options.ts';
import type { ApiObject, ApiWatch, ApiWatchEvent } from './port.ts';
import type { Commit } from './store.ts';
import { freeze } from './values.ts';

export interface WatchSetup {
  readonly clock: Clock;
  readonly call: Call;
  readonly options: ListOptions;
  readonly onReady: () => void;
  readonly onClose: () => void;
  readonly event: (type: ApiWatchEvent['type'], stored: ApiObject, nowMs: number) => ApiWatchEvent;
}

const bookmarkEveryMs = 60_000;

/** The server's side of one watch: what it selects of the writes, as a queue. */
export class OpenWatch implements ApiWatch {
  readonly #setup: WatchSetup;
  readonly #prefix: string;
  #queue: ApiWatchEvent[] = [];
  #isOver = false;
  #from = 0;
  #cancelTimeout = () => {};
  #cancelBookmark = () => {};

  constructor(setup: WatchSetup) {
    this.#setup = setup;
    this.#prefix = setup.call.namespace === undefined ? '' : `${setup.call.namespace}/`;
  }

  get table(): string {
    return this.#setup.call.kind.table;
  }

  next(): ApiWatchEvent | undefined {
    return this.#queue.shift();
  }

  isOver(): boolean {
    return this.#isOver;
  }

  close(): void {
    this.#queue = [];
    this.#finish();
  }

  /** The server's end: what is queued is still told. */
  end(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#setup.onReady();
  }

  /** Starts what time does to a watch: bookmarks, and its end. */
  live({ timeoutMs, seen }: { readonly timeoutMs: number; readonly seen: () => number }): void {
    const { clock, options } = this.#setup;
    this.#cancelTimeout = clock.after(timeoutMs, () => {
      // So that whoever resumes does not replay what it has passed.
      if (options.allowsBookmarks) this.bookmark(seen(), false);
      this.end();
    });
    if (!options.allowsBookmarks) return;
    const again = () => {
      this.#cancelBookmark = clock.after(bookmarkEveryMs, () => {
        this.bookmark(seen(), false);
        again();
      });
    };
    again();
  }

  initial(object: ApiObject): void {
    if (this.#setup.options.selects(object)) this.#send('ADDED', object);
  }

  /** Writes up to this revision are known to the watcher. */
  skipTo(revision: number): void {
    this.#from = revision;
  }

  /** A write enters the selection, stays in it, leaves it, or has nothing to do with it. */
  deliver({ table, key, type, object, previous, revision }: Commit): void {
    if (this.#isOver || table !== this.table || !key.startsWith(this.#prefix) || revision <= this.#from) return;
    const { selects } = this.#setup.options;
    const was = previous !== undefined && selects(previous);
    const is = type !== 'DELETED' && selects(object);
    if (is) this.#send(was ? 'MODIFIED' : 'ADDED', object);
    else if (was) this.#send('DELETED', type === 'DELETED' ? object : withVersionOf(previous, object));
  }

  bookmark(revision: number, endsInitialEvents: boolean): void {
    const { kind, version } = this.#setup.call;
    const annotations = endsInitialEvents ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
    const object = {
      kind: kind.kind,
      apiVersion: apiVersionOf(kind.group, version.name),
      metadata: { resourceVersion: String(revision), ...annotations },
    };
    this.push({ type: 'BOOKMARK', object: freeze(object) });
  }

  push(event: ApiWatchEvent): void {
    if (this.#isOver) return;
    this.#queue.push(event);
    if (this.#queue.length === 1) this.#setup.onReady();
  }

  #send(type: ApiWatchEvent['type'], object: ApiObject): void {
    const { event, clock } = this.#setup;
    this.push(event(type, object, clock.nowMs()));
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelTimeout();
    this.#cancelBookmark();
    this.#setup.onClose();
  }
}

/** As it last was inside the selection, at the moment at which it left it. */
const withVersionOf = (previous: ApiObject, now: ApiObject): ApiObject =>
  freeze({ ...previous, metadata: { ...previous.metadata, resourceVersion: now.metadata.resourceVersion } });

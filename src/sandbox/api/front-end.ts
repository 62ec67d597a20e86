import type { Clock, Random } from '../../lib/index.ts';
import type { Call } from './call.ts';
import { inPlace, tooLarge } from './list.ts';
import type { ListOptions } from './list-options.ts';
import { formOf, metadataOnly, tableOf, tableRequest } from './output.ts';
import type { ApiObject, ApiWatch, ApiWatchEvent } from './port.ts';
import { expired, type Refusal, statusOf } from './status.ts';
import type { Commit, ObjectStore } from './store.ts';
import { freeze } from './values.ts';
import { fromStored } from './versions.ts';
import { OpenWatch } from './watch.ts';

export interface FrontEndOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * One API server before the store. Its lists and watches see what it has read so far, which may lag; writes go to the store itself.
 * It never goes back, but a client that moves from one front end to another may.
 */
export class FrontEnd {
  readonly #store: ObjectStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #watches = new Set<OpenWatch>();
  readonly #perTable = new Map<string, Set<OpenWatch>>();
  #seen: number;
  #lag = 0;

  constructor({ store, clock, random }: FrontEndOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
    this.#seen = store.revision;
    store.onCommit((commit) => {
      if (this.#lag === 0 && this.#seen === commit.revision - 1) this.#see([commit]);
      else this.#catchUp();
    });
  }

  /** The revision up to which it has read. */
  get seen(): number {
    return this.#seen;
  }

  /** How many writes it stays behind. 0 brings it up to date at once. */
  get lag(): number {
    return this.#lag;
  }

  set lag(writes: number) {
    this.#lag = Math.max(0, writes);
    this.#catchUp();
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  open(call: Call, options: ListOptions, onReady: () => void): ApiWatch {
    const watch = new OpenWatch({
      clock: this.#clock,
      onReady,
      onClose: () => {
        this.#watches.delete(watch);
        this.#perTable.get(watch.table)?.delete(watch);
      },
      call,
      options,
      event: renderer(call),
    });
    const refusal = this.#start(watch, call, options);
    if (refusal !== undefined) {
      watch.push({ type: 'ERROR', object: freeze(statusOf(refusal)) });
      watch.end();
      return watch;
    }
    this.#watches.add(watch);
    const ofTable = this.#perTable.get(watch.table) ?? new Set();
    this.#perTable.set(watch.table, ofTable.add(watch));
    watch.live({
      timeoutMs: 1_000 * (options.timeoutSeconds ?? 1_800 + Math.floor(this.#random.next() * 1_800)),
      seen: () => this.#seen,
    });
    return watch;
  }

  /** Ends all watches of a table, as a change of its definition does; without a table, all there are. */
  endWatches(table?: string): void {
    for (const watch of [...this.#watches]) if (table === undefined || watch.table === table) watch.end();
  }

  /** What the watch begins with; a refusal where it cannot begin. */
  #start(watch: OpenWatch, call: Call, { resourceVersion, sendsInitialEvents, allowsBookmarks }: ListOptions): Refusal | undefined {
    const asked = Number(resourceVersion || '0');
    if (sendsInitialEvents && asked > this.#seen) return tooLarge(asked, this.#seen);
    if (asked === 0 || sendsInitialEvents) {
      for (const object of inPlace(call, this.#store.at(this.#seen))) watch.initial(object);
      if (sendsInitialEvents && allowsBookmarks) watch.bookmark(this.#seen, true);
      return undefined;
    }
    if (asked < this.#store.compactedTo) return expired(`too old resource version: ${asked} (${this.#store.compactedTo})`);
    watch.skipTo(asked);
    for (const commit of this.#store.since(asked)) if (commit.revision <= this.#seen) watch.deliver(commit);
    return undefined;
  }

  #catchUp(): void {
    const target = this.#store.revision - this.#lag;
    if (target <= this.#seen) return;
    // What was compacted before it was read is lost to the watchers: they must list again.
    if (this.#seen < this.#store.compactedTo) this.endWatches();
    this.#see(this.#store.since(this.#seen).filter(({ revision }) => revision <= target));
    this.#seen = target;
  }

  #see(commits: readonly Commit[]): void {
    for (const commit of commits) {
      this.#seen = commit.revision;
      for (const watch of [...(this.#perTable.get(commit.table) ?? [])]) watch.deliver(commit);
    }
  }
}

/** Events in the version and form of the request. A table says its columns once. */
function renderer(call: Call): (type: ApiWatchEvent['type'], stored: ApiObject, nowMs: number) => ApiWatchEvent {
  const form = formOf(call.request);
  let isFirst = true;
  return (type, stored, nowMs) => {
    const object = fromStored(stored, call.kind, call.version);
    if (form === 'object') return { type, object };
    if (form === 'metadata') return { type, object: freeze(metadataOnly(object)) };
    const request = { ...tableRequest(call, !isFirst), nowMs };
    isFirst = false;
    return { type, object: freeze(tableOf([object], { resourceVersion: object.metadata.resourceVersion }, request)) };
  };
}

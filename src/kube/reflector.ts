import type { Clock } from '../lib/clock.ts';
import { Interner } from '../lib/interner.ts';
import type { Logger } from '../lib/logger.ts';
import type { Random } from '../lib/random.ts';
import { unreachable } from '../lib/result.ts';
import type { Contact } from './contact.ts';
import { describeFailure, type KubeFailure } from './failure.ts';
import type { ReflectorHealth } from './health.ts';
import type { KubeClient, Selection } from './kube-client.ts';
import { matchesLabels } from './label-selector.ts';
import { compareResourceVersions, type KubeObject, keyOf, type ObjectKey, type Resource } from './object.ts';
import type { Change, Store, Versioned } from './store.ts';
import type { Told } from './watch-machine.ts';
import { runWatcher } from './watcher.ts';

export interface ReflectorOptions<T extends Versioned> extends Selection {
  readonly client: Pick<KubeClient, 'listPage' | 'watch'>;
  readonly resource: Resource;
  /** What to keep of an object; undefined keeps nothing, as if it did not exist. */
  readonly project: (object: KubeObject) => T | undefined;
  readonly store: Store<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** News that the server is back; without it a reflector finds that out at the end of its own back-off. */
  readonly contact?: Pick<Contact, 'onRegained'> | undefined;
  readonly onChange: (change: Change<T>) => void;
  /** A whole list has been taken in. */
  readonly onListed?: () => void;
  /** The watch has begun to fail, fails in another way, or is live again (undefined). */
  readonly onHealth?: ((failing: KubeFailure | undefined) => void) | undefined;
  /** Gives equal keys one copy: those of a Deployment and of its Service are alike. */
  readonly texts?: Pick<Interner, 'text'>;
}

/**
 * Keeps a store in step with one resource. A list counts only once it is whole, so that the store never shows half of one, and is
 * compared by uid, so that an object which was replaced under its name is a deletion and an addition.
 */
export class Reflector<T extends Versioned> {
  readonly #options: ReflectorOptions<T>;
  readonly #texts: Pick<Interner, 'text'>;
  readonly synced: Promise<void>;
  #resolveSynced: () => void = () => {};
  #hasSynced = false;
  #isMissing = false;
  #listing: Map<ObjectKey, T> | undefined;
  #failing: KubeFailure | undefined;
  #lastContactMs: number | undefined;
  #newest = '';
  #relists = 0;
  #watches = 0;
  #repairs = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#texts = options.texts ?? new Interner();
    this.synced = new Promise((resolve) => {
      this.#resolveSynced = resolve;
    });
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get resource(): Resource {
    return this.#options.resource;
  }

  /** Undefined: all namespaces. */
  get namespace(): string | undefined {
    return this.#options.namespace;
  }

  /** Lists and watches until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, labelSelector, fieldSelector, metadataOnly, clock, random, contact } = this.#options;
    await runWatcher(
      {
        client,
        resource,
        selection: { namespace, labelSelector, fieldSelector, metadataOnly },
        clock,
        random,
        contact,
        tell: (told) => {
          // After the stop nothing may reach handlers that are being torn down.
          if (!signal.aborted) this.#hear(told);
        },
        onContact: () => {
          this.#lastContactMs = clock.monotonicMs();
        },
        onWatchOpened: () => {
          this.#watches += 1;
        },
      },
      signal,
    );
  }

  /**
   * Takes the answer to a write of ours, so that the next read sees it before the watch brings it; or what was asked for past the watch.
   * Newer wins. `asOf`: when it was there, of an object of a list the list's own version. Default: the object's.
   */
  absorb(object: KubeObject, asOf?: string): void {
    const { store, labelSelector, fieldSelector, namespace } = this.#options;
    const key = this.#keyOf(object);
    const { resourceVersion } = object.metadata;
    if (namespace !== undefined && object.metadata.namespace !== namespace) return;
    const isKnown = store.get(key) !== undefined;
    const isSelected = labelSelector === undefined || matchesLabels(labelSelector, object.metadata.labels);
    // What we cannot tell to be watched must not enter: no event would ever take it out again. Nor may what the watch has passed.
    if (!isKnown && (!isSelected || fieldSelector !== undefined)) return;
    if (!isKnown && this.#hasPassed(asOf, resourceVersion)) return;
    if (isSelected) this.#apply(object);
  }

  /** An object of this version is known, or has ended since. One of a list that is as new as what is known has not. */
  #hasPassed(listed: string | undefined, resourceVersion: string): boolean {
    return listed === undefined
      ? compareResourceVersions(resourceVersion, this.#newest) <= 0
      : compareResourceVersions(listed, this.#newest) < 0;
  }

  health(): ReflectorHealth {
    return {
      synced: this.#hasSynced,
      lastContactMs: this.#lastContactMs,
      relists: this.#relists,
      restarts: Math.max(0, this.#watches - 1),
      repairs: this.#repairs,
      isMissing: this.#isMissing,
      ...(this.#failing === undefined ? {} : { failing: this.#failing }),
    };
  }

  #hear(told: Told): void {
    switch (told.type) {
      case 'listing':
        this.#listing = new Map();
        return;
      case 'listed':
        this.#list(told.object);
        return;
      case 'unlisted':
        this.#listing?.delete(this.#keyOf(told.object));
        return;
      case 'listedAll':
        this.#complete(told.resourceVersion, told.cause);
        return;
      case 'applied':
        this.#apply(told.object);
        return;
      case 'deleted':
        this.#delete(told.object);
        return;
      case 'progress':
        this.#progress(told.resourceVersion);
        return;
      case 'live':
        this.#recovered();
        return;
      case 'failing':
        this.#failed(told.failure);
        return;
      default:
        unreachable(told);
    }
  }

  #list(object: KubeObject): void {
    const key = this.#keyOf(object);
    const value = this.#known(key, object.metadata) ?? this.#project(object);
    if (value === thrown) this.#keepKnown(key, object.metadata.uid);
    else if (value === undefined) this.#listing?.delete(key);
    else this.#listing?.set(key, value);
  }

  /** A relist mostly says what is known: that is neither projected nor kept a second time. */
  #known(key: ObjectKey, { uid, resourceVersion }: Versioned): T | undefined {
    const known = this.#options.store.get(key);
    return known?.uid === uid && known.resourceVersion === resourceVersion ? known : undefined;
  }

  // An object that cannot be projected is still there: its last good projection must not be taken for deleted.
  #keepKnown(key: ObjectKey, uid: string): void {
    const known = this.#options.store.get(key);
    if (known?.uid === uid) this.#listing?.set(key, known);
  }

  #complete(resourceVersion: string, cause: 'first' | 'need' | 'safety'): void {
    const { store } = this.#options;
    const listing = this.#listing ?? new Map<ObjectKey, T>();
    this.#listing = undefined;
    const before = this.#newest;
    const changes = store.retain(listing, resourceVersion, this.#options.namespace);
    let repairs = changes.length;
    for (const [key, value] of listing) {
      const applied = store.applied(key, value);
      if (applied.length > 0 && compareResourceVersions(value.resourceVersion, before) <= 0) repairs += 1;
      changes.push(...applied);
    }
    this.#progress(resourceVersion);
    if (cause === 'safety') this.#noteRepairs(repairs);
    if (cause !== 'first') this.#relists += 1;
    for (const change of changes) this.#announce(change);
    this.#hasSynced = true;
    this.#resolveSynced();
    this.#options.onListed?.();
  }

  #noteRepairs(repairs: number): void {
    if (repairs === 0) return;
    this.#repairs += repairs;
    this.#options.log.warn({ resource: this.#options.resource.plural, repairs }, 'a safety relist found changes that no event had told');
  }

  #apply(object: KubeObject): void {
    const { uid, resourceVersion } = object.metadata;
    const key = this.#keyOf(object);
    const { store } = this.#options;
    const known = store.get(key);
    // What we wrote comes back; a state that is no news is not worth its decoding.
    if (known?.uid === uid && compareResourceVersions(resourceVersion, known.resourceVersion) <= 0) return;
    const value = this.#project(object);
    if (value === thrown) return;
    const changes = value === undefined ? this.#forget(key, uid, resourceVersion) : store.applied(key, value);
    for (const change of changes) this.#announce(change);
  }

  // An update that the projection leaves out ends the entry, unless the entry is newer than the update.
  #forget(key: ObjectKey, uid: string, resourceVersion: string): Change<T>[] {
    const known = this.#options.store.get(key);
    if (known === undefined || compareResourceVersions(resourceVersion, known.resourceVersion) <= 0) return [];
    return this.#options.store.deleted(key, uid, resourceVersion);
  }

  #delete(object: KubeObject): void {
    const { uid, resourceVersion } = object.metadata;
    for (const change of this.#options.store.deleted(this.#keyOf(object), uid, resourceVersion)) this.#announce(change);
  }

  #progress(resourceVersion: string): void {
    if (compareResourceVersions(resourceVersion, this.#newest) > 0) this.#newest = resourceVersion;
  }

  #recovered(): void {
    const { log, resource, onHealth } = this.#options;
    const hadFailed = this.#failing !== undefined;
    if (hadFailed) log.info({ resource: resource.plural, group: resource.group }, 'watch recovered');
    this.#failing = undefined;
    this.#isMissing = false;
    if (hadFailed) onHealth?.(undefined);
  }

  #failed(failure: KubeFailure): void {
    const { log, resource, onHealth } = this.#options;
    // One line a transition: a server that is down for an hour says so once, not once per attempt.
    const isNews = this.#failing?.kind !== failure.kind;
    if (isNews) log.warn({ resource: resource.plural, group: resource.group, failure: describeFailure(failure) }, 'watch interrupted');
    this.#failing = failure;
    this.#isMissing = failure.kind === 'notFound';
    if (isNews) onHealth?.(failure);
  }

  #keyOf({ metadata }: KubeObject): ObjectKey {
    return this.#texts.text(keyOf(metadata));
  }

  #project(object: KubeObject): T | undefined | typeof thrown {
    try {
      return this.#options.project(object);
    } catch (error) {
      this.#options.log.error({ key: this.#keyOf(object), error: stackOf(error) }, 'a projection threw');
      return thrown;
    }
  }

  #announce(change: Change<T>): void {
    try {
      this.#options.onChange(change);
    } catch (error) {
      this.#options.log.error({ key: change.key, error: stackOf(error) }, 'a change handler threw');
    }
  }
}

const thrown = Symbol('thrown');

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

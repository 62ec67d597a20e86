import { summaryOf } from '../api/index.ts';
import type { Decision } from '../core/decision.ts';
import type { RevisionFacts, RolloutView } from '../core/view.ts';
import { viewOf } from '../core/view.ts';
import { viewOfBroken } from '../core/view-broken.ts';
import type { Clock } from '../lib/index.ts';
import type { Cache } from './cache.ts';
import { thing } from './dependencies.ts';
import type { RolloutRecord } from './records.ts';

export interface ViewsOptions {
  readonly cache: Pick<Cache, 'rollouts' | 'deployments' | 'runs' | 'isSynced'>;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** Those on a Rollout, by its UID. */
  readonly decisions: (rolloutUid: string) => readonly Decision[];
}

interface Key {
  readonly namespace: string;
  readonly name: string;
}

/** What the HTTP API shows of the stores, and which of it has changed. Whether this process leads makes no difference. */
export class Views {
  readonly #options: ViewsOptions;
  /** By the thing that stands for the Rollout and all that is its own. */
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(options: ViewsOptions) {
    this.#options = options;
  }

  get isSynced(): boolean {
    return this.#options.cache.isSynced;
  }

  covers(namespace: string): boolean {
    const { namespaces } = this.#options;
    return namespaces.length === 0 || namespaces.includes(namespace);
  }

  keys(): readonly Key[] {
    return this.#options.cache.rollouts.list().sort(byName);
  }

  get({ namespace, name }: Key): RolloutView | undefined {
    const { cache, clock, decisions } = this.#options;
    const record = cache.rollouts.get(`${namespace}/${name}`);
    if (record === undefined) return undefined;
    const { decoded, rawStatus, uid, createdAt } = record;
    if (!decoded.ok) return viewOfBroken({ namespace, name, uid, createdAt, rawStatus, problem: summaryOf(decoded.failure) });
    return viewOf({
      rollout: decoded.value,
      revisions: this.#revisionsOf(record),
      runs: cache.runs.byIndex('rollout', uid).flatMap((run) => (run.decoded.ok ? [run.decoded.value] : [])),
      decisions: decisions(uid),
      nowMs: clock.nowMs(),
    });
  }

  watch(key: Key, onChange: () => void): () => void {
    const mark = thing.rollout(key);
    const listeners = this.#listeners.get(mark) ?? new Set();
    this.#listeners.set(mark, listeners);
    listeners.add(onChange);
    return () => {
      listeners.delete(onChange);
      if (listeners.size === 0 && this.#listeners.get(mark) === listeners) this.#listeners.delete(mark);
    };
  }

  /** These things have changed; those that stand for no Rollout are nobody's business here. */
  touch(things: readonly string[]): void {
    if (this.#listeners.size === 0) return;
    for (const one of things) for (const listener of this.#listeners.get(one) ?? []) listener();
  }

  /** The Rollout itself, or a Decision on it. */
  touchRollout(key: Key): void {
    this.touch([thing.rollout(key)]);
  }

  #revisionsOf({ uid }: RolloutRecord): readonly RevisionFacts[] {
    return this.#options.cache.deployments.byIndex('owner', uid).map(({ mark, createdAt, readyReplicas, replicas, images }) => ({
      revision: mark?.revision ?? '',
      createdAt,
      readyPods: readyReplicas,
      wantedPods: replicas,
      images,
    }));
  }
}

const byName = (left: Key, right: Key): number => {
  if (left.namespace !== right.namespace) return left.namespace < right.namespace ? -1 : 1;
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
};

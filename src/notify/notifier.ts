import { sleep } from '../lib/index.ts';
import { Deliverer } from './deliverer.ts';
import type { Memory } from './memory.ts';
import type { Evidence, News, Observed } from './news.ts';
import { newsOf } from './news.ts';
import type { NotifierOptions } from './notifier-options.ts';
import type { NotificationSettings } from './settings.ts';

const reloadMs = 5_000;
const tendedMs = 3_600_000;
const alertKinds = new Set<News['kind']>(['rolledBack', 'stuck']);

/**
 * Tells people what becomes of Rollouts, off the path that decides it: `observe` takes a note and returns. News are read from status and compared with what was sent,
 * which outlives the process: whatever a leader did not get out the next one does, with the same id.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #latest = new Map<string, Observed>();
  /** What the news of each Rollout were when they were last looked at, so that most changes of status cost nothing. */
  readonly #seen = new Map<string, string>();
  readonly #memories = new Map<string, Memory>();
  readonly #deliverers: readonly Deliverer[];
  #evidence: Evidence = () => [];
  #isLoaded = false;

  constructor(options: NotifierOptions, settings: readonly NotificationSettings[]) {
    this.#options = options;
    this.#deliverers = settings.map(
      (each) => new Deliverer({ ...options, settings: each, memories: this.#memories, isThere: (uid) => this.#latest.has(uid) }),
    );
  }

  /** Where the plots come from. */
  useEvidence(evidence: Evidence): void {
    this.#evidence = evidence;
  }

  /** A Rollout as it is now. Costs little, waits for nobody, throws nothing. */
  observe(observed: Observed): void {
    if (this.#deliverers.length === 0) return;
    this.#latest.set(observed.uid, observed);
    if (this.#isLoaded) this.#consider(observed);
  }

  /** The Rollout is deleted. What is stored of it goes with the next tidying. */
  forget(uid: string): void {
    const last = this.#latest.get(uid);
    this.#latest.delete(uid);
    this.#seen.delete(uid);
    if (this.#isLoaded && last !== undefined) for (const deliverer of this.#deliverers) deliverer.consider(last, []);
  }

  /** Sends until the signal aborts; only a leader runs it. What is under way then is cut, and sent again by the next one. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#deliverers.length === 0) return;
    if (!(await this.#load(signal))) return;
    this.#isLoaded = true;
    for (const observed of this.#latest.values()) this.#consider(observed);
    await Promise.all([...this.#deliverers.map((deliverer) => deliverer.run(signal)), this.#tend(signal)]);
    this.#isLoaded = false;
    this.#seen.clear();
  }

  /** Resolves to false where the signal came first. */
  async #load(signal: AbortSignal): Promise<boolean> {
    const { store, clock, log } = this.#options;
    while (!signal.aborted) {
      const loaded = await store.load(signal);
      if (loaded.ok) {
        this.#memories.clear();
        for (const [uid, memory] of loaded.value) this.#memories.set(uid, memory);
        return !signal.aborted;
      }
      log.warn({ failure: loaded.failure.kind }, 'what was notified cannot be read; nothing is sent until then');
      await sleep(clock, reloadMs, signal);
    }
    return false;
  }

  #consider(observed: Observed): void {
    const news = newsOf(observed, this.#evidence);
    const print = news.map(({ id, version }) => `${id}=${version}`).join(' ');
    if (this.#seen.get(observed.uid) === print) return;
    this.#seen.set(observed.uid, print);
    for (const deliverer of this.#deliverers) deliverer.consider(observed, news);
  }

  /** Once an hour: alerts that nobody repeats would be over, and of Rollouts that are gone nothing need be known. */
  async #tend(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#options.clock, tendedMs, signal);
      if (signal.aborted) return;
      for (const observed of this.#latest.values()) {
        const news = newsOf(observed, this.#evidence).filter(({ kind }) => alertKinds.has(kind));
        if (news.length > 0) for (const deliverer of this.#deliverers) deliverer.repeat(news);
      }
      for (const uid of [...this.#memories.keys()].filter((known) => !this.#latest.has(known))) {
        const removed = await this.#options.store.save(uid, undefined, signal);
        if (removed.ok) this.#memories.delete(uid);
      }
    }
  }
}

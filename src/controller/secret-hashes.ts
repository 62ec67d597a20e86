import type { ConfigUse } from '../core/revision.ts';
import { configHash } from '../core/revision.ts';
import type { KubeClient } from '../kube/index.ts';
import type { Clock, Logger } from '../lib/index.ts';
import { thing } from './dependencies.ts';
import { secrets } from './resources.ts';

const freshMs = 60_000;

interface Entry {
  readonly hash: string | undefined;
  /** Why it could not be read at all; a Secret that was read once keeps its hash through failures. */
  readonly failure?: string;
  readonly readAtMs: number;
}

/**
 * Hashes of the Secrets that Rollouts with `trackConfig: All` use. Secrets are read by name, once a minute, and never listed or watched:
 * a controller that can list Secrets is worth stealing. The content is hashed and dropped.
 */
export class SecretHashes {
  readonly #client: Pick<KubeClient, 'get'>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #onThings: (things: readonly string[]) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #reading = new Set<string>();

  constructor(options: { client: Pick<KubeClient, 'get'>; clock: Clock; log: Logger; onThings: (things: readonly string[]) => void }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onThings = options.onThings;
  }

  hash(namespace: string, name: string): string | undefined {
    return this.#entries.get(`${namespace}/${name}`)?.hash;
  }

  failure(namespace: string, name: string): string | undefined {
    return this.#entries.get(`${namespace}/${name}`)?.failure;
  }

  /** Whether every Secret among `uses` has been read at all: before that nothing is known of the template. */
  knows(namespace: string, uses: readonly ConfigUse[]): boolean {
    return uses.every(({ kind, name }) => kind !== 'Secret' || this.#entries.has(`${namespace}/${name}`));
  }

  /** Sees to it that the Secrets among `uses` are read, and read again; returns when the next reading is due. */
  want(namespace: string, uses: readonly ConfigUse[], nowMs: number): number | undefined {
    const names = uses.filter(({ kind }) => kind === 'Secret').map(({ name }) => name);
    for (const name of names) {
      const known = this.#entries.get(`${namespace}/${name}`);
      if (known === undefined || nowMs >= known.readAtMs + freshMs) this.#read(namespace, name);
    }
    return names.length === 0 ? undefined : nowMs + freshMs;
  }

  #read(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    if (this.#reading.has(key)) return;
    this.#reading.add(key);
    this.#client
      .get(secrets, { namespace, name })
      .then((found) => {
        const before = this.#entries.get(key);
        // A failed read is no change: only an answer that the Secret is not there is.
        if (!found.ok && found.failure.kind !== 'notFound') {
          this.#log.warn({ secret: key, failure: found.failure.message }, 'a tracked Secret could not be read');
          const failed = { hash: undefined, failure: `Secret ${name} cannot be read: ${found.failure.kind}` };
          this.#entries.set(key, { ...(before ?? failed), readAtMs: this.#clock.nowMs() });
          if (before === undefined) this.#onThings([thing.config('Secret', namespace, name)]);
          return;
        }
        const hash = found.ok ? configHash({ data: found.value.data }) : undefined;
        this.#entries.set(key, { hash, readAtMs: this.#clock.nowMs() });
        if (before === undefined || before.hash !== hash || before.failure !== undefined)
          this.#onThings([thing.config('Secret', namespace, name)]);
      })
      .catch((error: unknown) => this.#log.error({ secret: key, error: String(error) }, 'reading a Secret threw'))
      .finally(() => this.#reading.delete(key));
  }
}

import { decisions, decodeDecision } from '../api/index.ts';
import type { Decision } from '../core/decision.ts';
import type { Contact, KubeClient, KubeObject } from '../kube/index.ts';
import { Reflector, Store } from '../kube/index.ts';
import type { Clock, Logger, Random } from '../lib/index.ts';

export interface DecisionLogOptions {
  readonly client: KubeClient;
  readonly contact: Contact;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly onChange: (rollout: { readonly namespace: string; readonly name: string }) => void;
}

/**
 * All Decisions, answered or not, for people to look at; who follows them keeps his own, which are few. Where they cannot be read there are none, and nothing waits
 * for them.
 */
export class DecisionLog {
  readonly #store = new Store<Decision>({ indexes: { rollout: ({ spec }) => [spec.rollout.uid] } });
  readonly #reflectors: readonly Reflector<Decision>[];

  constructor({ client, contact, clock, random, log, namespaces, onChange }: DecisionLogOptions) {
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    const shared = { client, contact, clock, random, log, resource: decisions, project, store: this.#store };
    this.#reflectors = scopes.map(
      (namespace) =>
        new Reflector<Decision>({
          ...{ ...shared, namespace },
          onChange: ({ before, after }) => {
            const changed = after ?? before;
            onChange({ namespace: changed.namespace, name: changed.spec.rollout.name });
          },
        }),
    );
  }

  of(rolloutUid: string): readonly Decision[] {
    return this.#store.byIndex('rollout', rolloutUid);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }
}

function project(object: KubeObject): Decision | undefined {
  const decoded = decodeDecision(object);
  return decoded.ok ? decoded.value : undefined;
}

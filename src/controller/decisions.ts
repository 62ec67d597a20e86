import { apiVersion, decisions, textAt } from '../api/index.ts';
import { isoOf } from '../core/time.ts';
import type { Contact, KubeClient, KubeObject, ReconcileOutcome, Recorder, Versioned } from '../kube/index.ts';
import { describeFailure, isCutOff, Reflector, runController, Store, WorkQueue } from '../kube/index.ts';
import type { Clock, Logger, Random } from '../lib/index.ts';

export interface DecisionsOptions {
  readonly client: KubeClient;
  readonly contact: Contact;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly recorder: Pick<Recorder, 'event'>;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** Undefined while this process does not lead. */
  readonly epoch: () => number | undefined;
}

interface Unanswered extends Versioned {
  readonly namespace: string;
  readonly name: string;
  readonly action: string;
}

const reason = 'DecisionNotSupported';

/**
 * Answers every Decision that nobody has answered: this version follows none, and whoever makes one must hear of it, or would wait for ever. Apart from everything
 * else: where Decisions cannot be read or are not installed, nothing waits for them.
 */
export class Decisions {
  readonly #options: DecisionsOptions;
  readonly #queue: WorkQueue;
  readonly #store = new Store<Unanswered>();
  readonly #reflectors: readonly Reflector<Unanswered>[];

  constructor(options: DecisionsOptions) {
    this.#options = options;
    const { client, contact, clock, random, log, namespaces } = options;
    this.#queue = new WorkQueue({ clock, random, longestBackoffMs: 30_000 });
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    const onChange = ({ key }: { readonly key: string }) => this.#queue.add(key);
    const shared = { client, contact, clock, random, log, resource: decisions, project, store: this.#store, onChange };
    this.#reflectors = scopes.map((namespace) => new Reflector<Unanswered>({ ...shared, namespace }));
  }

  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  async reconcile(signal: AbortSignal, interrupt: AbortSignal): Promise<void> {
    const { clock, log, contact } = this.#options;
    for (const key of this.#store.keys()) this.#queue.add(key);
    await runController(
      { queue: this.#queue, reconcile: (key, pass) => this.#answer(key, pass), concurrency: 1, clock, log, contact, interrupt },
      signal,
    );
  }

  async #answer(key: string, signal: AbortSignal): Promise<ReconcileOutcome> {
    const { client, clock, log, recorder, epoch } = this.#options;
    const decision = this.#store.get(key);
    if (decision === undefined || epoch() === undefined) return {};
    const { namespace, name, uid, resourceVersion, action } = decision;
    const message = `not supported yet: this version follows no Decisions, and ${action} was not done`;
    const body = { metadata: { uid, resourceVersion }, status: { state: 'Rejected', message, at: isoOf(clock.nowMs()) } };
    const written = await client.patch(decisions, decision, body, { type: 'merge', subresource: 'status' }, signal);
    if (!written.ok) {
      const { kind } = written.failure;
      if (kind === 'conflict') return { wakeAtMs: clock.nowMs() + 250 };
      if (kind === 'notFound' || kind === 'aborted') return {};
      log.warn({ decision: key, failure: describeFailure(written.failure) }, 'a Decision could not be answered');
      return isCutOff(written.failure) ? { cutOff: 'patient' } : 'retry';
    }
    for (const reflector of this.#reflectors) reflector.absorb(written.value);
    log.warn({ decision: key, action, reason }, 'a Decision was rejected');
    recorder.event({ regarding: { apiVersion, kind: decisions.kind, namespace, name, uid }, type: 'Warning', reason, note: message });
    return {};
  }
}

/** One that is answered is not kept. */
function project(object: KubeObject): Unanswered | undefined {
  if (textAt(object, 'status', 'state') !== undefined) return undefined;
  const { namespace = '', name, uid, resourceVersion } = object.metadata;
  return { namespace, name, uid, resourceVersion, action: textAt(object, 'spec', 'action') ?? 'it' };
}

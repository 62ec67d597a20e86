import type { FieldError } from '../api/index.ts';
import { apiVersion, decisions, decodeDecision, listAt, rollouts, summaryOf, textAt } from '../api/index.ts';
import { isoOf } from '../core/time.ts';
import type { DecisionView } from '../core/world.ts';
import type { Change, Contact, KubeClient, KubeObject, ReconcileOutcome, Recorder, Versioned } from '../kube/index.ts';
import { describeFailure, isCutOff, Reflector, runController, Store, WorkQueue } from '../kube/index.ts';
import type { Clock, Logger, Random } from '../lib/index.ts';
import type { RolloutRecord } from './records.ts';

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
  readonly rollout: (key: string) => RolloutRecord | undefined;
  /** Somebody has decided on this Rollout. */
  readonly onDecision: (rollout: string, isUrgent: boolean) => void;
  /** What is known now is all that there is, or all that can be known. Once. */
  readonly onReady: () => void;
}

/** What is kept of a Decision that nobody has answered; the others are not kept. */
interface Unanswered extends Versioned {
  readonly namespace: string;
  readonly name: string;
  /** Key of the Rollout that it names. */
  readonly rollout: string;
  readonly view: DecisionView | undefined;
  readonly problem: string | undefined;
}

/** Decisions that cannot be listed hold nothing else up for longer. */
const patienceMs = 10_000;

/**
 * The Decisions that wait for an answer, by Rollout. Those on a Rollout that can be planned are its planner's to follow; the others are answered here. Where
 * Decisions cannot be read or are not installed, nothing waits for them.
 */
export class Decisions {
  readonly #options: DecisionsOptions;
  readonly #queue: WorkQueue;
  readonly #store = new Store<Unanswered>({ indexes: { rollout: ({ rollout }) => [rollout] } });
  readonly #reflectors: readonly Reflector<Unanswered>[];
  #isReady = false;
  #isPatient = true;

  constructor(options: DecisionsOptions) {
    this.#options = options;
    const { client, contact, clock, random, log, namespaces } = options;
    this.#queue = new WorkQueue({ clock, random, longestBackoffMs: 30_000 });
    const scopes = namespaces.length === 0 ? [undefined] : namespaces;
    const onChange = (change: Change<Unanswered>) => this.#onChange(change);
    const onHealth = () => this.#settle();
    const shared = { client, contact, clock, random, log, resource: decisions, project, store: this.#store, onChange, onHealth };
    this.#reflectors = scopes.map((namespace) => new Reflector<Unanswered>({ ...shared, namespace }));
  }

  /** A gate must not run out, nor a weight rise, while a word against it is on its way. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Unanswered ones on this Rollout, by their own time, which is the API server's. */
  on(rollout: string): readonly DecisionView[] {
    return this.#store.byIndex('rollout', rollout).flatMap(({ view }) => (view === undefined ? [] : [view]));
  }

  /** A Rollout has gone, or cannot be read: what is decided on it is answered here. */
  lookAt(rollout: string): void {
    for (const { namespace, name } of this.#store.byIndex('rollout', rollout)) this.#queue.add(`${namespace}/${name}`);
  }

  absorb(object: KubeObject): void {
    for (const reflector of this.#reflectors) reflector.absorb(object);
  }

  async watch(signal: AbortSignal): Promise<void> {
    const giveUp = this.#options.clock.after(patienceMs, () => {
      this.#isPatient = false;
      this.#settle();
    });
    for (const reflector of this.#reflectors) void reflector.synced.then(() => this.#settle());
    await Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
    giveUp();
  }

  async reconcile(signal: AbortSignal, interrupt: AbortSignal): Promise<void> {
    const { clock, log, contact } = this.#options;
    for (const key of this.#store.keys()) this.#queue.add(key);
    await runController(
      { queue: this.#queue, reconcile: (key, pass) => this.#look(key, pass), concurrency: 1, clock, log, contact, interrupt },
      signal,
    );
  }

  #settle(): void {
    const isKnown = (reflector: Reflector<Unanswered>) => {
      const { failing, isMissing } = reflector.health();
      return reflector.hasSynced || isMissing || failing?.kind === 'forbidden';
    };
    if (this.#isReady || (this.#isPatient && !this.#reflectors.every(isKnown))) return;
    this.#isReady = true;
    this.#options.onReady();
  }

  #onChange({ key, after }: Change<Unanswered>): void {
    if (after === undefined) return;
    const isPlanned = after.view !== undefined && this.#options.rollout(after.rollout)?.decoded.ok === true;
    if (isPlanned) this.#options.onDecision(after.rollout, isUrgent(after.view));
    else this.#queue.add(key);
  }

  async #look(key: string, signal: AbortSignal): Promise<ReconcileOutcome> {
    const { client, clock, epoch, rollout: find } = this.#options;
    const decision = this.#store.get(key);
    if (decision === undefined || epoch() === undefined) return {};
    const { namespace, rollout: rolloutKey, view, problem } = decision;
    if (view === undefined) return this.#reject(key, decision, problem ?? '', signal);
    const rollout = find(rolloutKey);
    if (rollout?.decoded.ok === true) {
      this.#options.onDecision(rolloutKey, isUrgent(view));
      return {};
    }
    if (rollout !== undefined) return this.#reject(key, decision, notReadable(rollout), signal);
    // The list of Rollouts may still be on its way: whether there is one is for the API server to say.
    const name = rolloutKey.slice(namespace.length + 1);
    const asked = await client.get(rollouts, { namespace, name }, signal);
    if (asked.ok) return { wakeAtMs: clock.nowMs() + 1_000 };
    if (asked.failure.kind === 'notFound') return this.#reject(key, decision, `there is no Rollout ${name}`, signal);
    return asked.failure.kind === 'aborted' ? {} : 'retry';
  }

  async #reject(key: string, decision: Unanswered, message: string, signal: AbortSignal): Promise<ReconcileOutcome> {
    const { client, clock, log, recorder } = this.#options;
    const { namespace, name, uid, resourceVersion } = decision;
    const body = { metadata: { uid, resourceVersion }, status: { state: 'Rejected', message, at: isoOf(clock.nowMs()) } };
    const written = await client.patch(decisions, decision, body, { type: 'merge', subresource: 'status' }, signal);
    if (!written.ok) {
      const { kind } = written.failure;
      if (kind === 'conflict') return { wakeAtMs: clock.nowMs() + 250 };
      if (kind === 'notFound' || kind === 'aborted') return {};
      log.warn({ decision: key, failure: describeFailure(written.failure) }, 'a Decision could not be answered');
      return isCutOff(written.failure) ? { cutOff: 'patient' } : 'retry';
    }
    this.absorb(written.value);
    const regarding = { apiVersion, kind: decisions.kind, namespace, name, uid };
    recorder.event({ regarding, type: 'Warning', reason: 'DecisionRefused', note: message });
    return {};
  }
}

/** Stops come before everything that waits. */
const isUrgent = (view: DecisionView | undefined): boolean =>
  view?.action === 'Abort' || view?.action === 'Reject' || view?.action === 'Undo';

const notReadable = ({ name, decoded }: RolloutRecord): string =>
  `the spec of Rollout ${name} is not valid, and nothing can be decided until it is mended${decoded.ok ? '' : `: ${firstOf(decoded.failure)}`}`;

const firstOf = (errors: readonly FieldError[]): string => summaryOf(errors).slice(0, 500);

/** One that is answered is not kept. */
function project(object: KubeObject): Unanswered | undefined {
  if (textAt(object, 'status', 'state') !== undefined) return undefined;
  const { namespace = '', name, uid, resourceVersion } = object.metadata;
  const rollout = `${namespace}/${textAt(object, 'spec', 'rollout', 'name') ?? ''}`;
  const decoded = decodeDecision(object);
  const kept = { namespace, name, uid, resourceVersion, rollout };
  if (!decoded.ok) return { ...kept, view: undefined, problem: firstOf(decoded.failure) };
  const { spec, createdAt } = decoded.value;
  const view: DecisionView = {
    name,
    uid,
    resourceVersion,
    rolloutUid: spec.rollout.uid,
    isOwned: listAt(object, 'metadata', 'ownerReferences').length > 0,
    action: spec.action,
    revision: spec.revision,
    attempt: spec.attempt,
    gate: spec.gate,
    subject: spec.subject,
    channel: spec.channel,
    reason: spec.reason ?? '',
    undoTo: spec.undoTo ?? '',
    createdAtMs: Date.parse(createdAt),
  };
  return { ...kept, view, problem: undefined };
}

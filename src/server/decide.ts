import { createHash } from 'node:crypto';
import { apiVersion, decisions } from '../api/index.ts';
import type { DecisionAction } from '../core/decision.ts';
import type { RolloutView } from '../core/view.ts';
import type { KubeClient, KubeFailure, KubeObject } from '../kube/index.ts';
import { describeFailure } from '../kube/index.ts';
import type { Logger, Result } from '../lib/index.ts';
import { fail, isObject, ok } from '../lib/index.ts';
import type { Authorize } from './auth/authorize.ts';
import { notAllowed, toDecide, toGet } from './auth/authorize.ts';
import type { Caller, Decider, MadeDecision, Problem, Wish } from './decider.ts';
import { fits } from './fits.ts';
import { problem } from './problem.ts';
import { readAnew } from './read-anew.ts';
import type { RolloutSource } from './source.ts';

export interface DeciderOptions {
  /** Not fenced: a Decision is a person's, and every replica may write it; only the leader acts on it. */
  readonly client: Pick<KubeClient, 'create' | 'get'>;
  readonly source: Pick<RolloutSource, 'get' | 'covers'>;
  readonly authorize: Authorize;
  readonly log: Logger;
}

export interface Made {
  readonly decision: MadeDecision;
  /** As it is stored. */
  readonly object: KubeObject;
}

export interface ObjectDecider extends Decider {
  /** The same, with the object. */
  make(wish: Wish, caller: Caller, idempotencyKey: string | undefined, signal: AbortSignal): Promise<Result<Made, Problem>>;
}

type Request = { readonly wish: Wish; readonly caller: Caller; readonly key: string | undefined; readonly signal: AbortSignal };

/** Actions that need no release under way: they begin one. */
const beginning: ReadonlySet<DecisionAction> = new Set(['Undo', 'Restart']);

const keyPattern = /^[\x21-\x7e]{1,255}$/;

/**
 * Reviews, and writes one Decision. One that is stale, or for a gate that is not open, is not written: what this process knows may be a moment old, so that it is read
 * anew before anybody is refused. One line in the log for each, and for each refusal.
 */
export function createDecider(options: DeciderOptions): ObjectDecider {
  const { log } = options;
  const make: ObjectDecider['make'] = async (wish, caller, key, signal) => {
    const request = { wish, caller, key, signal };
    const made = await reviewed(request, options);
    const { namespace, rollout, action, gate } = wish;
    const fields = {
      audit: 'decision',
      user: caller.username,
      channel: caller.channel,
      account: caller.account,
      namespace,
      rollout,
      action,
      gate,
    };
    if (made.ok) {
      const { name, revision, attempt, isRepeated } = made.value.decision;
      log.info({ ...fields, decision: name, revision, attempt, isRepeated }, 'a decision was taken down');
    } else {
      const { status, reason: refusal, detail } = made.failure;
      log.info({ ...fields, revision: wish.revision, attempt: wish.attempt, status, refusal, detail }, 'a decision was refused');
    }
    return made;
  };
  return {
    make,
    async decide(...request) {
      const made = await make(...request);
      return made.ok ? ok(made.value.decision) : made;
    },
  };
}

async function reviewed(request: Request, options: DeciderOptions): Promise<Result<Made, Problem>> {
  const { wish, caller, key } = request;
  const { namespace, rollout, action } = wish;
  if (key !== undefined && !keyPattern.test(key))
    return fail(problem(400, 'InvalidRequest', 'Idempotency-Key must be 1 to 255 visible characters of ASCII'));
  const deed = toDecide(action, namespace, rollout);
  const may = await options.authorize(caller, deed);
  if (!may.ok) return may;
  if (!may.value) return fail(notAllowed(caller, deed));
  const known = options.source.get({ namespace, name: rollout });
  const first = known === undefined ? undefined : fits(known, wish, !beginning.has(action));
  if (known !== undefined && first?.ok) return write(request, known, first.value, options);
  const anew = await readAnew(namespace, rollout, options);
  if (!anew.ok) return refusedUnseen(request, anew.failure, options);
  const second = fits(anew.value, wish, !beginning.has(action));
  if (second.ok) return write(request, anew.value, second.value, options);
  // The release has moved on, perhaps by the very Decision that this request repeats.
  const stored = key === undefined ? undefined : await storedAs(keyedName(request, key), request, options);
  return stored?.ok && isSame(stored.value, request) ? ok(madeOf(stored.value, true)) : second;
}

/** Whether it exists is told only to those who may see it. */
async function refusedUnseen({ wish, caller }: Request, refused: Problem, { authorize }: DeciderOptions): Promise<Result<Made, Problem>> {
  if (refused.status !== 404) return fail(refused);
  const deed = toGet(wish.namespace, wish.rollout);
  const may = await authorize(caller, deed);
  if (!may.ok) return may;
  return fail(may.value ? refused : notAllowed(caller, deed));
}

async function write(
  request: Request,
  { uid }: RolloutView,
  { revision, attempt }: { readonly revision: string; readonly attempt: number },
  options: DeciderOptions,
): Promise<Result<Made, Problem>> {
  const { wish, caller, key, signal } = request;
  const { namespace, rollout, action, gate, reason, undoTo } = wish;
  const name = key === undefined ? undefined : keyedName(request, key);
  const body = {
    apiVersion,
    kind: decisions.kind,
    metadata: { namespace, ...(name === undefined ? { generateName: `${stem(rollout)}-` } : { name }) },
    spec: {
      rollout: { name: rollout, uid },
      ...{ revision, attempt, action, subject: caller.username, channel: caller.channel },
      ...given({ gate, account: caller.account, reason, undoTo }),
    },
  };
  const created = await options.client.create(decisions, namespace, body, {}, signal);
  if (created.ok) return ok(madeOf(created.value, false));
  const { kind } = created.failure;
  if (name === undefined || (kind !== 'alreadyExists' && kind !== 'unknownOutcome')) return fail(whyNotWritten(created.failure));
  // Another request with this key came first, on this replica or another; or the answer to this one was lost.
  const stored = await storedAs(name, request, options);
  if (!stored.ok) return fail(whyNotWritten(created.failure));
  return isSame(stored.value, request) ? ok(madeOf(stored.value, kind === 'alreadyExists')) : fail(keyReused);
}

const keyReused = problem(409, 'KeyReused', 'this Idempotency-Key was used for another request of yours on this Rollout');

const storedAs = (name: string, { wish, signal }: Request, { client }: DeciderOptions) =>
  client.get(decisions, { namespace: wish.namespace, name }, signal);

/** The same for every replica: of two requests with one key only one can be stored. */
function keyedName({ wish: { namespace, rollout }, caller }: Request, key: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([namespace, rollout, caller.username, key]))
    .digest('hex');
  return `${stem(rollout)}-k${digest.slice(0, 30)}`;
}

const stem = (rollout: string): string => rollout.slice(0, 200).replace(/[-.]+$/, '');

/** What the request leaves out was filled in then, and is no difference. */
function isSame({ spec }: KubeObject, { wish, caller }: Request): boolean {
  if (!isObject(spec)) return false;
  const { action, gate, reason, undoTo, revision, attempt } = wish;
  const isEqual = (wanted: string | undefined, stored: unknown) => (wanted ?? '') === (stored ?? '');
  return (
    spec.subject === caller.username &&
    spec.action === action &&
    isEqual(gate, spec.gate) &&
    isEqual(reason, spec.reason) &&
    isEqual(undoTo, spec.undoTo) &&
    (revision === undefined || spec.revision === revision) &&
    (attempt === undefined || spec.attempt === attempt)
  );
}

function madeOf(object: KubeObject, isRepeated: boolean): Made {
  const { name, uid, namespace = '' } = object.metadata;
  const spec = isObject(object.spec) ? object.spec : {};
  const decision = { namespace, name, uid, revision: String(spec.revision), attempt: Number(spec.attempt), isRepeated };
  return { decision, object };
}

function whyNotWritten(failure: KubeFailure): Problem {
  switch (failure.kind) {
    case 'invalid':
    case 'badRequest':
      return problem(400, 'InvalidRequest', failure.message);
    case 'notFound':
      return problem(404, 'NotFound', failure.message);
    case 'forbidden':
      return problem(503, 'Forbidden', `this API may not write Decisions: ${failure.message}`);
    case 'unknownOutcome':
      return problem(503, 'NotServing', 'whether the Decision was written is not known; look before you ask again', 1);
    default:
      return problem(503, 'NotServing', `the Decision was not written: ${describeFailure(failure)}`, (failure.retryAfterMs ?? 1000) / 1000);
  }
}

const given = (members: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== ''));

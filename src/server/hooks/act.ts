import { printOf } from '../../core/chat/index.ts';
import type { DecisionChannel } from '../../core/decision.ts';
import type { Clock, Logger } from '../../lib/index.ts';
import { fail, ok, type Result } from '../../lib/index.ts';
import type { Caller, Decider, Problem } from '../decider.ts';
import type { Accounts } from './accounts.ts';
import type { Account, Glimpse, Outcome } from './channel.ts';
import type { Order } from './order.ts';
import type { View } from './view.ts';

export interface Actors {
  readonly decider: Decider;
  readonly accounts: Accounts;
  readonly view: View;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Said {
  readonly channel: DecisionChannel;
  readonly account: Account;
  readonly order: Order;
  /** One for what was said once. */
  readonly idempotencyKey: string;
}

type Act = Extract<Order, { kind: 'act' }>;

/** From a genuine word to what became of it: whose word is it, may they, and is it about what is there now. */
export async function act(said: Said, actors: Actors, signal: AbortSignal): Promise<Outcome> {
  const { order, account } = said;
  if (order.kind === 'help') return order;
  const found = await callerOf(said, actors, signal);
  if (!found.ok) return found.failure;
  const caller = found.value;
  if (order.kind === 'act') return decide(order, caller, said, actors, signal);
  const seen = await actors.view.look(order.namespace, order.rollout, caller, signal);
  actors.log.info(
    { channel: said.channel, account: account.shown, rollout: `${order.namespace}/${order.rollout}`, seen: seen.ok },
    'asked in a chat',
  );
  return seen.ok ? { kind: 'status', glimpse: seen.value } : { kind: 'refused', problem: seen.failure };
}

async function callerOf({ channel, account }: Said, { accounts, log }: Actors, signal: AbortSignal): Promise<Result<Caller, Outcome>> {
  const found = await accounts.find(account.key, signal);
  if (!found.ok) {
    log.warn({ channel, account: account.shown, failure: found.failure.kind }, 'the map of chat accounts could not be read');
    return fail(refused(503, 'NotServing', 'the map of accounts cannot be read at the moment'));
  }
  switch (found.value.kind) {
    case 'person':
      return ok({ ...found.value.person, channel, account: account.shown });
    case 'unknown':
      log.info({ channel, account: account.shown }, 'a chat account that nobody has mapped');
      return fail({ kind: 'unmapped', account, configMap: accounts.configMap });
    case 'broken':
      log.warn({ channel, account: account.shown, problem: found.value.problem }, 'the entry of a chat account cannot be used');
      return fail(refused(403, 'NotAllowed', `the entry ${account.key} of ConfigMap ${accounts.configMap} ${found.value.problem}`));
  }
}

async function decide(order: Act, caller: Caller, said: Said, actors: Actors, signal: AbortSignal): Promise<Outcome> {
  const { decider, view, clock, log } = actors;
  const { wish } = order;
  const fields = {
    channel: said.channel,
    account: said.account.shown,
    subject: caller.username,
    action: wish.action,
    rollout: `${wish.namespace}/${wish.rollout}`,
  };
  const old = order.print === undefined ? undefined : oldButton(order, await view.look(wish.namespace, wish.rollout, caller, signal));
  if (old !== undefined) {
    log.info({ ...fields, reason: old.reason }, 'a chat decision was refused');
    return { kind: 'refused', problem: old };
  }
  const made = await decider.decide(wish, caller, said.idempotencyKey, signal);
  if (!made.ok) {
    log.info({ ...fields, reason: made.failure.reason }, 'a chat decision was refused');
    return { kind: 'refused', problem: made.failure };
  }
  log.info({ ...fields, decision: made.value.name }, 'a chat decision was made');
  const after = await view.look(wish.namespace, wish.rollout, caller, signal);
  return {
    kind: 'decided',
    order,
    subject: caller.username,
    decision: made.value,
    glimpse: after.ok ? after.value : undefined,
    nowMs: clock.nowMs(),
  };
}

/** A button of another release, or of an earlier gate of the same name. Who may decide and not see is held by revision and attempt alone. */
function oldButton({ wish, print }: Act, seen: Result<Glimpse, Problem>): Problem | undefined {
  if (!seen.ok) return undefined;
  const { canaryRevision, attempt = 1, gates = [] } = seen.value.status;
  const isOfNow = canaryRevision === wish.revision && attempt === wish.attempt;
  const gate = gates.findLast(({ id, name }) => name === wish.gate && printOf(id) === print);
  if (!isOfNow || gate === undefined) {
    const now = canaryRevision === undefined ? 'none is under way' : `revision ${canaryRevision}, attempt ${attempt} is`;
    return {
      status: 409,
      reason: 'StaleDecision',
      detail: `this message is of revision ${wish.revision}, attempt ${wish.attempt}; ${now}`,
    };
  }
  if (gate.state === 'Open') return undefined;
  return { status: 409, reason: 'GateNotOpen', detail: `gate ${gate.name} is not open any more: ${gate.state}` };
}

const refused = (status: number, reason: string, detail: string): Outcome => ({ kind: 'refused', problem: { status, reason, detail } });

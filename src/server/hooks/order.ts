import type { DecisionAction } from '../../core/decision.ts';
import { decisionActions } from '../../core/decision.ts';
import type { Result } from '../../lib/index.ts';
import { fail, nearestTo, ok } from '../../lib/index.ts';
import type { Wish } from '../decider.ts';

/** What somebody asks for in a channel. */
export type Order =
  | {
      readonly kind: 'act';
      readonly wish: Wish;
      /** Of a button: the very gate that it was shown for. */
      readonly print?: string | undefined;
    }
  | { readonly kind: 'status'; readonly namespace: string; readonly rollout: string }
  /** `problem`: what was not understood. */
  | { readonly kind: 'help'; readonly problem?: string | undefined };

/** The words of a command, whatever the channel took them from. */
export interface Words {
  readonly verb: string;
  /** `NAMESPACE/NAME` */
  readonly target?: string | undefined;
  readonly gate?: string | undefined;
  /** `REVISION/ATTEMPT` */
  readonly bound?: string | undefined;
  readonly to?: string | undefined;
  readonly reason?: string | undefined;
}

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const name = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const hash = /^[a-z0-9]{4,63}$/;

export const usage = [
  'approve NAMESPACE/NAME GATE [REVISION/ATTEMPT] [reason]',
  'reject NAMESPACE/NAME GATE [REVISION/ATTEMPT] [reason]',
  'resume | skip | promote | abort | retry | restart | override NAMESPACE/NAME [reason]',
  'undo NAMESPACE/NAME [to REVISION] [reason]',
  'status NAMESPACE/NAME',
  'help',
] as const;

const byVerb: ReadonlyMap<string, DecisionAction> = new Map(decisionActions.map((action) => [action.toLowerCase(), action]));

export const actionOf = (verb: string): DecisionAction | undefined => byVerb.get(verb.toLowerCase());

/** One line of text: `approve shop/web qa looks good`. */
export function readLine(text: string): Order {
  const words = text
    .slice(0, 4_000)
    .split(/\s+/)
    .filter((word) => word !== '');
  const [verb = 'help', target, ...rest] = words;
  const takesGate = ['approve', 'reject'].includes(verb.toLowerCase());
  const gate = takesGate ? rest.shift() : undefined;
  const bound = isBound(rest[0]) ? rest.shift() : undefined;
  const isUndo = verb.toLowerCase() === 'undo';
  const to = isUndo && rest[0]?.toLowerCase() === 'to' ? (rest.splice(0, 2)[1] ?? '') : undefined;
  const reason = rest.length === 0 ? undefined : rest.join(' ');
  return orderOf({ verb, target, gate, bound, to, reason });
}

const isBound = (word: string | undefined): boolean => word !== undefined && boundOf(word) !== undefined;

function boundOf(word: string): { readonly revision: string; readonly attempt: number } | undefined {
  const [revision = '', attempt = '', ...rest] = word.split('/');
  if (rest.length > 0 || !hash.test(revision) || !/^[1-9][0-9]{0,5}$/.test(attempt)) return undefined;
  return { revision, attempt: Number(attempt) };
}

export function orderOf(words: Words): Order {
  const read = wanted(words);
  return read.ok ? read.value : { kind: 'help', problem: read.failure };
}

function wanted({ verb, target, gate, bound, to, reason }: Words): Result<Order, string> {
  const small = verb.toLowerCase();
  if (small === 'help') return ok({ kind: 'help' });
  const action = actionOf(small);
  if (action === undefined && small !== 'status') {
    const near = nearestTo(small.slice(0, 20), [...byVerb.keys(), 'status', 'help']);
    return fail(`there is no ${JSON.stringify(verb.slice(0, 20))}${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`);
  }
  const [namespace = '', rollout = '', ...others] = (target ?? '').split('/');
  if (!label.test(namespace) || !name.test(rollout) || others.length > 0) return fail(`${small} needs NAMESPACE/NAME of a Rollout`);
  if (action === undefined) return ok({ kind: 'status', namespace, rollout });
  const isOfGate = action === 'Approve' || action === 'Reject';
  if (isOfGate && (gate === undefined || !label.test(gate))) return fail(`${small} needs the name of a gate`);
  if (to !== undefined && !hash.test(to)) return fail('undo needs a revision after "to"');
  const known = bound === undefined ? undefined : boundOf(bound);
  if (bound !== undefined && known === undefined) return fail('a release is named by REVISION/ATTEMPT, such as 7c9d2f41aa/1');
  const wish: Wish = {
    ...{ namespace, rollout, action },
    ...(isOfGate ? { gate } : {}),
    ...known,
    ...(action === 'Undo' && to !== undefined ? { undoTo: to } : {}),
    ...(reason === undefined ? {} : { reason: reason.slice(0, 2_000) }),
  };
  return ok({ kind: 'act', wish });
}

import type { Card } from '../../core/chat/index.ts';
import { gateCard, statusCard } from '../../core/chat/index.ts';
import type { Outcome } from './channel.ts';
import { usage } from './order.ts';

/** What is said of an outcome, in plain words; each channel escapes and dresses it. */
export interface Said {
  readonly card: Card;
  /** Nobody's business but the person's who asked. */
  readonly isPrivate: boolean;
  /** It changes what the message of the gate shows. */
  readonly isOfGate: boolean;
}

export function say(outcome: Outcome): Said {
  switch (outcome.kind) {
    case 'decided':
      return saidOfDecision(outcome);
    case 'refused': {
      const { detail, reason, status } = outcome.problem;
      return alone({ tone: 'bad', title: status >= 500 ? 'Not done: try again' : 'Not done', lines: [`${detail} (${reason})`] });
    }
    case 'unmapped':
      return alone({
        tone: 'bad',
        title: 'This account is nobody in the cluster yet',
        lines: [
          `An administrator may add it to ConfigMap ${outcome.configMap}, under the key ${outcome.account.key}, with a user name as its value.`,
        ],
      });
    case 'status':
      return alone(statusCard(outcome.glimpse, outcome.glimpse.status));
    case 'help':
      return alone({
        tone: outcome.problem === undefined ? 'info' : 'bad',
        title: outcome.problem ?? 'Sluice takes decisions on Rollouts',
        lines: usage,
      });
  }
}

const alone = (card: Card): Said => ({ card, isPrivate: true, isOfGate: false });

function saidOfDecision({ order, subject, decision, glimpse }: Extract<Outcome, { kind: 'decided' }>): Said {
  const { action, namespace, rollout, gate: name } = order.wish;
  const what = action === 'Approve' || action === 'Reject' ? `gate ${name ?? ''}` : `revision ${decision.revision}`;
  const gate = glimpse?.status.gates?.findLast((one) => one.name === name);
  const isSame = glimpse?.status.canaryRevision === decision.revision && (glimpse.status.attempt ?? 1) === decision.attempt;
  if (glimpse !== undefined && gate !== undefined && isSame && (action === 'Approve' || action === 'Reject'))
    return {
      card: gateCard(glimpse, glimpse.status, gate, { action, subject, decision: decision.name }),
      isPrivate: false,
      isOfGate: true,
    };
  return {
    card: {
      tone: action === 'Reject' || action === 'Abort' ? 'bad' : 'good',
      title: `${namespace}/${rollout}: ${action} of ${what} by ${subject}`,
      lines: [
        `revision ${decision.revision}, attempt ${decision.attempt}, Decision ${decision.name}`,
        ...(order.wish.reason === undefined ? [] : [order.wish.reason]),
      ],
    },
    isPrivate: false,
    isOfGate: action === 'Approve' || action === 'Reject',
  };
}

/** For channels without cards. */
export const linesOf = ({ title, lines }: Card): readonly string[] => [title, ...lines];

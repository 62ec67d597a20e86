import type { Draft } from './draft.ts';
import { withStatus } from './draft.ts';
import type { World } from './world.ts';

/**
 * `spec.paused` is said as soon as it is set, not only when the next raise meets it: people have to see that their pause has arrived. Whatever else is
 * waited for keeps its reason.
 */
export function saidPaused({ rollout }: World, draft: Draft): Draft {
  const { phase, step } = draft.status;
  const isInFlight = phase === 'Progressing' || phase === 'Paused' || phase === 'Baking';
  if (!rollout.spec.paused || !isInFlight || draft.hold?.isStalled || draft.hold?.reason === 'Paused') return draft;
  const { hold } = draft;
  if (hold?.message.includes(bySpec)) return draft;
  if (hold !== undefined) return { ...draft, hold: { ...hold, message: `${hold.message}; ${bySpec}` } };
  const until = step?.until === undefined ? '' : `; the ${step.kind} lasts until ${step.until}`;
  const paused = phase === 'Progressing' ? withStatus(draft, { phase: 'Paused' }) : draft;
  return { ...paused, hold: { reason: 'Paused', message: `${bySpec}${until}` } };
}

/** The words by which a message says so. */
export const bySpec = 'paused by spec.paused';

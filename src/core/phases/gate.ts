import type { Draft } from '../draft.ts';
import { holding, waking, withStatus } from '../draft.ts';
import { gateNamed, opened } from '../gates.ts';
import type { StepOutcome } from '../steps/index.ts';
import { msOf } from '../time.ts';
import type { World } from '../world.ts';

/** The Rollout holds at a gate, for weeks if need be: neither the progress deadline nor a restart counts. What is measured meanwhile goes on. */
export function atGate(world: World, draft: Draft, outcome: Extract<StepOutcome, { kind: 'gate' }>): Draft {
  const asked = gateNamed(draft.status, outcome.name) === undefined ? opened(world, draft, outcome) : draft;
  const { expiresAt } = gateNamed(asked.status, outcome.name) ?? {};
  const held = holding(withStatus(asked, { phase: 'Paused', waiting: undefined }), {
    reason: 'AwaitingDecision',
    message: outcome.message,
  });
  return outcome.isOverdue || expiresAt === undefined ? held : waking(held, msOf(expiresAt));
}

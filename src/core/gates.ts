import { sha256Hex } from '../lib/index.ts';
import type { Draft } from './draft.ts';
import { withStatus } from './draft.ts';
import type { RolloutStatus } from './rollout.ts';
import type { GateStatus } from './status-parts.ts';
import type { GateFacts, Step } from './steps/index.ts';
import { isoOf, msOf } from './time.ts';
import type { World } from './world.ts';

/** `status.gates`: each opening of a gate in this attempt, and who approved. */

export const gateNamed = ({ gates = [] }: RolloutStatus, name: string | undefined): GateStatus | undefined =>
  gates.findLast((gate) => gate.name === name);

/** The gate of this step, where it is one that has been opened. */
export function gateFacts(status: RolloutStatus, step: Step | undefined): GateFacts | undefined {
  const gate = step?.kind === 'gate' ? gateNamed(status, step.config.name) : undefined;
  if (gate === undefined) return undefined;
  const { state, approvals, needs, expiresAt } = gate;
  return { state, approvals: approvals.length, needs, expiresAtMs: expiresAt === undefined ? undefined : msOf(expiresAt) };
}

/** One of these exists for each uid, revision, attempt, step and moment of opening, so that an old button opens nothing. */
export function opened(world: World, draft: Draft, { name, needs, timeoutMs }: Opening): Draft {
  const { canaryRevision = '', attempt = 1, step, gates = [] } = draft.status;
  const openedAt = isoOf(world.nowMs);
  const id = sha256Hex([world.rollout.uid, canaryRevision, attempt, step?.index ?? 0, name, openedAt].join('/')).slice(0, 20);
  const expiry = timeoutMs === undefined ? {} : { expiresAt: isoOf(world.nowMs + timeoutMs) };
  const gate: GateStatus = { name, id, state: 'Open', openedAt, ...expiry, needs, approvals: [] };
  return withStatus(draft, { gates: [...gates.filter((other) => other.name !== name), gate] });
}

interface Opening {
  readonly name: string;
  readonly needs: number;
  readonly timeoutMs: number | undefined;
}

export const withGate = (draft: Draft, gate: GateStatus): Draft =>
  withStatus(draft, { gates: (draft.status.gates ?? []).map((other) => (other.id === gate.id ? gate : other)) });

/** Nobody can be asked any more at one that was passed over, or whose release is over. */
export function withoutOpenGates(draft: Draft): Draft {
  const { gates } = draft.status;
  if (gates === undefined || gates.every(({ state }) => state !== 'Open')) return draft;
  return withStatus(draft, { gates: gates.map((gate) => (gate.state === 'Open' ? { ...gate, state: 'Expired' } : gate)) });
}

import type { Draft } from '../draft.ts';
import { stepsIn } from '../facts.ts';
import { gateNamed } from '../gates.ts';
import type { GateStatus } from '../status-parts.ts';
import { msOf } from '../time.ts';
import type { DecisionView, World } from '../world.ts';
import type { Verdict } from './action.ts';
import { expired, rejected, superseded } from './action.ts';
import { notInFlight, stepName } from './in-flight.ts';

export type Asked = { readonly kind: 'open'; readonly gate: GateStatus } | { readonly kind: 'not'; readonly verdict: Verdict };

const not = (verdict: Verdict): Asked => ({ kind: 'not', verdict });

/** The open gate that a Decision is about; or why it cannot count. */
export function askedGate(world: World, draft: Draft, decision: DecisionView): Asked {
  const { gate: name = '' } = decision;
  const over = notInFlight(draft);
  if (over !== undefined) return not(over);
  const gate = gateNamed(draft.status, name);
  if (gate === undefined) return not(unopened(world, draft, name));
  if (gate.state !== 'Open') return not(closed(gate));
  if (isFromBefore(decision, gate)) return not(rejected(`it was made before gate "${name}" opened, at ${gate.openedAt}: make another one`));
  if (isTooLate(world, decision, gate)) return not(expired(`gate "${name}" closed at ${gate.expiresAt ?? ''}, before this was made`));
  return { kind: 'open', gate };
}

/**
 * Decisions from before the opening do not count. Those that were seen before it have been answered by then; of those that were on their way the time
 * tells: whole seconds, by the clock of an API server that is taken for ours up to three seconds apart. Whoever answers the question at once is heard.
 */
const isFromBefore = ({ createdAtMs }: DecisionView, { openedAt }: GateStatus): boolean =>
  createdAtMs + 1_000 + clocksApartMs <= msOf(openedAt);
const clocksApartMs = 3_000;

/** With onTimeout Abort. One that was made in time counts, also where nobody was there to see it. */
function isTooLate(world: World, { createdAtMs }: DecisionView, { name, expiresAt }: GateStatus): boolean {
  const step = stepsIn(world).find(({ kind, config }) => kind === 'gate' && config.name === name);
  return step?.kind === 'gate' && step.config.onTimeout === 'Abort' && expiresAt !== undefined && createdAtMs > msOf(expiresAt);
}

function unopened(world: World, draft: Draft, name: string): Verdict {
  const gates = stepsIn(world).flatMap((step, index) => (step.kind === 'gate' ? [{ name: step.config.name, index }] : []));
  const found = gates.find((gate) => gate.name === name);
  const names = gates.map((gate) => gate.name).join(', ');
  if (found === undefined) return rejected(`there is no gate "${name}"; ${names === '' ? 'this Rollout has none' : `its gates: ${names}`}`);
  return found.index < (draft.status.step?.index ?? 0)
    ? superseded(`gate "${name}" is behind the release, which is at ${stepName(draft)}`)
    : rejected(`gate "${name}" is not open yet: the release is at ${stepName(draft)}. Abort ends it now`);
}

function closed({ name, state, approvals }: GateStatus): Verdict {
  const by = approvals.map(({ subject }) => subject).join(', ');
  return superseded(state === 'Approved' ? `gate "${name}" was approved by ${by} already` : `gate "${name}" is closed: ${state}`);
}

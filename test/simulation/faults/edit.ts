import { isObject } from '../../../src/lib/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Run } from '../play/run.ts';
import { rolloutOf, rollouts } from '../play/settled.ts';
import { drawEdit } from './edit-values.ts';

/**
 * Somebody edits the Rollout's spec, sensibly or not, and takes it back in the end. What the server refuses counts as well: nothing may
 * come of it.
 */
export const specEdit: Fault = {
  name: 'spec-edit',
  kind: 'F17',
  mayTurn: true,
  text: "a field of the Rollout's spec is set to a value that its schema allows, or forbids; at the end it is as it was",
  draw: (random, { lengthMs }) => ({
    at: { atMs: Math.floor(random.next() * lengthMs) },
    with: { spec: JSON.stringify(drawEdit(random)) },
  }),
  arm(planned, run) {
    if (!('atMs' in planned.at)) return;
    run.at(planned.at.atMs, () => strike(planned, run));
  },
};

function strike(planned: PlannedFault, run: Run): void {
  const before = rolloutOf(run);
  if (run.isHealed || before === undefined || before.metadata.deletionTimestamp !== undefined) return;
  const patch: unknown = JSON.parse(String(planned.with?.spec ?? '{}'));
  run.struck(planned);
  const answer = edit(run, patch);
  run.trace(answer.ok ? 'the edit is taken' : `the edit is refused: ${answer.failure.message.slice(0, 200)}`);
  if (!answer.ok) return;
  const inverse = inverseOf(patch, before.spec);
  run.onHeal(() => {
    if (rolloutOf(run)?.metadata.uid !== before.metadata.uid) return;
    const reverted = edit(run, inverse);
    run.trace(reverted.ok ? 'the edit is taken back' : `the edit cannot be taken back: ${reverted.failure.message.slice(0, 200)}`);
  });
}

const edit = ({ sandbox, subject }: Run, spec: unknown) =>
  sandbox.client.patch(rollouts, { namespace: subject.namespace, name: subject.rollout }, { spec });

/** The merge patch that undoes another one. */
function inverseOf(patch: unknown, before: unknown): unknown {
  if (!isObject(patch) || !isObject(before)) return before === undefined ? null : before;
  return Object.fromEntries(Object.entries(patch).map(([key, value]) => [key, inverseOf(value, before[key])]));
}

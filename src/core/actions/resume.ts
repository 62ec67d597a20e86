import type { Draft } from '../draft.ts';
import { withStatus } from '../draft.ts';
import { bySpec } from '../paused.ts';
import { currentRunsOf, nextRound } from '../rounds.ts';
import { enterStep } from '../run.ts';
import type { RunView, World } from '../world.ts';
import type { Action, Verdict } from './action.ts';
import { accepted, rejected } from './action.ts';
import { currentStep, notInFlight, stepName, stillHeld } from './in-flight.ts';

/**
 * Ends what waits for a person: an analysis without a verdict first, then the pause. One in the background is measured anew; that of a step is taken as
 * seen, and the step is over.
 */
export const resume: Action = (world, draft) => {
  const over = notInFlight(draft);
  if (over !== undefined) return over;
  return resumedAnalysis(world, draft) ?? resumedStep(world, draft) ?? nothingWaits(world, draft);
};

function resumedAnalysis(world: World, draft: Draft): Verdict | undefined {
  const { run, step } = draft.status;
  const inconclusive = currentRunsOf(world, draft.status).filter(({ phase }) => phase === 'Inconclusive');
  const watching = inconclusive.filter(({ kind }) => kind !== 'Step');
  const names = (runs: readonly RunView[]) => runs.map(({ name }) => name).join(', ');
  if (watching.length > 0 && run !== undefined) {
    const next = withStatus(draft, { run: nextRound(run, ...new Set(watching.map(({ kind }) => kind))) });
    return accepted(`${names(watching)} is measured anew`, next);
  }
  const own = inconclusive.filter((candidate) => candidate.kind === 'Step' && candidate.step === step?.index);
  if (own.length === 0) return undefined;
  return accepted(
    `${names(own)} is taken as seen; the release goes on${stillHeld(world, draft)}`,
    enterStep(world, draft, (step?.index ?? 0) + 1),
  );
}

function resumedStep(world: World, draft: Draft): Verdict | undefined {
  const { step } = draft.status;
  if (step === undefined || currentStep(world, draft)?.kind !== 'pause') return undefined;
  if (step.resumed === true) return rejected(`${stepName(draft)} was resumed already`);
  return accepted(`${stepName(draft)} is over${stillHeld(world, draft)}`, withStatus(draft, { step: { ...step, resumed: true } }));
}

function nothingWaits(world: World, draft: Draft): Verdict {
  const step = currentStep(world, draft);
  if (step?.kind === 'gate') return rejected(`${stepName(draft)} is gate "${step.config.name}": Approve or Reject it, or Skip it`);
  const paused = world.rollout.spec.paused ? `; it is ${bySpec}, which only an edit ends` : '';
  return rejected(`nothing is paused: the release is at ${stepName(draft)}${paused}`);
}

import { canonicalJson, sha256Hex } from '../lib/index.ts';
import type { Draft } from './draft.ts';
import { withStatus } from './draft.ts';
import { canaryOf, stepsIn } from './facts.ts';
import type { Rollout, RolloutStatus } from './rollout.ts';
import { stepsOf } from './rollout.ts';
import type { TemplateRef } from './steps/index.ts';
import { weightAt } from './steps/index.ts';
import { msOf } from './time.ts';
import type { RunView, World } from './world.ts';

/**
 * Which AnalysisRuns speak for the canary now. A release that begins again at its first step, or whose analysis was edited in mid-run, asks anew: its runs
 * are those of the next round, and what was seen in an earlier one lets nothing pass any more.
 */

type Run = NonNullable<RolloutStatus['run']>;
type Kind = RunView['kind'];

const keyOf = { Step: 'steps', Background: 'background', AfterPromotion: 'bake' } as const satisfies Record<Kind, keyof Prints>;

/** Of steps and analyses, as they were when they were begun. */
export type Prints = Required<Pick<Run, 'steps' | 'background' | 'bake'>>;

const printOf = (value: unknown): string => sha256Hex(canonicalJson(value ?? null)).slice(0, 10);

/** When it begins, and what it is waited for, may be changed; what is asked may not. */
const asked = (analysis: { readonly templates: readonly TemplateRef[]; readonly args: readonly unknown[] } | undefined) =>
  analysis === undefined ? undefined : { templates: analysis.templates, args: analysis.args };

export function printsOf(world: World): Prints {
  const { analysis, afterPromotion } = canaryOf(world);
  return { steps: printOf(stepsIn(world)), background: printOf(asked(analysis)), bake: printOf(asked(afterPromotion?.analysis)) };
}

/** Counted from 1. */
export const roundOf = ({ run }: Pick<RolloutStatus, 'run'>, kind: Kind): number => run?.rounds?.[keyOf[kind]] ?? 1;

export const isCurrent = (status: Pick<RolloutStatus, 'run'>, { kind, round = 1 }: Pick<RunView, 'kind' | 'round'>): boolean =>
  round === roundOf(status, kind);

/** Nobody waits for this run any more: its release is over, goes another way, or asks anew. */
export function isDoneWith({ status, isDeleting }: Pick<Rollout, 'status' | 'isDeleting'>, made: MadeFor): boolean {
  const isOfThisTry = status.canaryRevision === made.revision && (status.attempt ?? 1) === made.attempt && status.abort === undefined;
  if (isDeleting || !isOfThisTry || !isCurrent(status, made)) return true;
  return made.kind === 'Step' && status.step?.index !== made.step;
}

/** Since when the weight that the analysis is about is there, confirmed; undefined where it is not: in an outage there is nothing to be measured. */
export function measurableSinceMs({ spec, status }: Pick<Rollout, 'spec' | 'status'>, { kind, step }: MadeFor): number | undefined {
  const { desired = 0, confirmedAt } = status.weight ?? {};
  const steps = stepsOf(spec.strategy.canary);
  const isThere = {
    Background: desired > 0,
    Step: desired === weightAt(steps, step ?? 0),
    AfterPromotion: desired === 100,
  }[kind];
  return isThere && confirmedAt !== undefined ? msOf(confirmedAt) : undefined;
}

type MadeFor = Pick<RunView, 'kind' | 'revision' | 'attempt' | 'round'> & { readonly step?: number | undefined };

const nothing = printOf(undefined);

/** The next round of these kinds; where nothing was asked, nothing was begun. */
export function nextRound(run: Run, ...kinds: readonly Kind[]): Run {
  const begun = kinds.filter((kind) => run[keyOf[kind]] !== nothing);
  if (begun.length === 0) return run;
  const rounds = begun.map((kind) => [keyOf[kind], roundOf({ run }, kind) + 1] as const);
  return { ...run, rounds: { ...run.rounds, ...Object.fromEntries(rounds) } };
}

/** Of this kind, was what is asked now begun? One written by a version that kept no print, or by a CRD that drops it, shows no sign of an edit. */
export function isEdited(prints: Prints, run: Run, kind: Kind): boolean {
  const begun = run[keyOf[kind]];
  return begun !== undefined && begun !== prints[keyOf[kind]];
}

/** An analysis that was edited in mid-run begins anew, and with the bake's its clock: all of it is to be watched by what is asked now. */
export function withAnalyses(prints: Prints, draft: Draft, now: string): Draft {
  const { run, step } = draft.status;
  if (run === undefined) return draft;
  const edited = (['Background', 'AfterPromotion'] as const).filter((kind) => isEdited(prints, run, kind));
  const { background, bake } = prints;
  if (run.background === background && run.bake === bake) return draft;
  const next = { ...nextRound(run, ...edited), background, bake };
  const isBaking = step?.kind === 'bake' && edited.includes('AfterPromotion');
  return withStatus(draft, { run: next, ...(isBaking ? { step: { ...step, startedAt: now } } : {}) });
}

/** Runs of this revision and attempt, of any round: a verdict against the canary stays one. */
export const runsOf = ({ runs }: World, { canaryRevision, attempt = 1 }: RolloutStatus): readonly RunView[] =>
  runs.filter((run) => run.revision === canaryRevision && run.attempt === attempt);

export const currentRunsOf = (world: World, status: RolloutStatus): readonly RunView[] =>
  runsOf(world, status).filter((run) => isCurrent(status, run));

/** One that is being deleted watches no more, and what it saw is no evidence: another takes its place. */
export const liveRunsOf = (world: World, status: RolloutStatus): readonly RunView[] =>
  currentRunsOf(world, status).filter((run) => run.isDeleting !== true);

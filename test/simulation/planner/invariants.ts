import type { Effect } from '../../../src/core/plan.ts';
import { podsFor } from '../../../src/core/replicas.ts';
import { type RolloutStatus, stepsOf } from '../../../src/core/rollout.ts';
import { weightAt } from '../../../src/core/steps/index.ts';
import { msOf } from '../../../src/core/time.ts';
import type { World } from '../../../src/core/world.ts';
import { sameJson } from '../../../src/lib/index.ts';
import type { ToyCluster, ToyRun } from './toy-cluster.ts';

/** What must hold at each write (facts/reliability.md 1.6). Each says what is wrong, or nothing. */

export interface Moment {
  readonly toy: ToyCluster;
  readonly world: World;
}
type StatusLaw = (before: RolloutStatus, after: RolloutStatus, moment: Moment) => string | undefined;
type EffectLaw = (effect: Effect, moment: Moment) => string | undefined;

const isSameTry = (left: RolloutStatus, right: RolloutStatus): boolean =>
  left.canaryRevision === right.canaryRevision && left.attempt === right.attempt && right.canaryRevision !== undefined;
const weightOf = ({ weight }: RolloutStatus): number => weight?.desired ?? 0;
const isRaise = (before: RolloutStatus, after: RolloutStatus): boolean => isSameTry(before, after) && weightOf(after) > weightOf(before);
const isPromotion = (before: RolloutStatus, after: RolloutStatus): boolean =>
  before.stableRevision !== undefined && after.stableRevision === before.canaryRevision && before.canaryRevision !== undefined;

export const statusLaws: Readonly<Record<string, StatusLaw>> = {
  'I3 the weight is no more than the step’s': (_, after, { world }) => {
    const steps = stepsOf(world.rollout.spec.strategy.canary);
    const index = after.step?.index ?? 0;
    const cap = index >= steps.length ? 100 : weightAt(steps, index);
    return after.canaryRevision !== undefined && weightOf(after) > cap
      ? `${weightOf(after)} % at step ${index}, which allows ${cap} %`
      : undefined;
  },
  'I4 a raise is to the weight of a step': (before, after, { world }) => {
    const weights = stepsOf(world.rollout.spec.strategy.canary).map((_, index, steps) => weightAt(steps, index));
    return isRaise(before, after) && ![...weights, 100].includes(weightOf(after)) ? `raised to ${weightOf(after)} %` : undefined;
  },
  'I4 no step is skipped': (before, after) => {
    const [from, to] = [before.step?.index ?? 0, after.step?.index ?? 0];
    // Steps that were edited begin again at the first of the new ones.
    const isBegunAgain = before.run?.rounds?.steps !== after.run?.rounds?.steps;
    return isSameTry(before, after) && !isBegunAgain && weightOf(after) > weightOf(before) && weightOf(before) > 0 && to < from
      ? `from step ${from} back to ${to} upwards`
      : undefined;
  },
  'I5 a raise needs ready endpoints': (before, after, { world }) => {
    const canary = world.revisions.find(({ revision }) => revision === after.canaryRevision);
    return isRaise(before, after) && (canary?.readyEndpoints ?? 0) < 1 ? `raised to ${weightOf(after)} % without an endpoint` : undefined;
  },
  'I11 and I13 after an abort the weight only falls': (before, after) =>
    before.abort !== undefined && isSameTry(before, after) && (weightOf(after) > weightOf(before) || after.abort === undefined)
      ? `${weightOf(before)} % became ${weightOf(after)} %`
      : undefined,
  'I14 a promotion has evidence and no abort': (before, after, { world }) => {
    if (!isPromotion(before, after)) return undefined;
    if (before.abort !== undefined) return 'promoted after an abort';
    const runs = world.runs.filter(({ revision, attempt }) => revision === before.canaryRevision && attempt === before.attempt);
    if (runs.some(({ phase }) => phase === 'Failed')) return 'promoted with a failed run';
    const { analysis } = world.rollout.spec.strategy.canary;
    const hasPass = runs.some(
      (run) =>
        run.kind === 'Background' &&
        sameJson((run as unknown as ToyRun).templates, analysis?.templates) &&
        run.evidence.every((metric) => metric.passedWindowStartedAtMs !== undefined),
    );
    return analysis !== undefined && !hasPass ? 'promoted without a Pass of what is asked now' : undefined;
  },
  'I14 a promotion is from 100 %, confirmed': (before, after, { world }) => {
    const { weight } = world.rollout.status;
    return isPromotion(before, after) && weight?.desired !== 100 ? `promoted at ${weight?.desired} %` : undefined;
  },
  'the analysis of a step is passed by its own run, seen to its end': (before, after, { world }) => {
    if (!isSameTry(before, after)) return undefined;
    const steps = stepsOf(world.rollout.spec.strategy.canary);
    const runs = world.runs.filter(({ revision, attempt }) => revision === before.canaryRevision && attempt === before.attempt);
    const passed = steps.slice(0, after.step?.index).flatMap((step, index) => (step.kind === 'analysis' ? [{ index, step }] : []));
    const unseen = passed.find(
      ({ index, step }) =>
        index >= (before.step?.index ?? 0) &&
        !(runs as unknown as readonly ToyRun[]).some(
          (run) => run.step === index && run.phase === 'Successful' && !run.isClosed && sameJson(run.templates, step.config.templates),
        ),
    );
    return unseen === undefined ? undefined : `step ${unseen.index} was passed without its analysis`;
  },
  'I18 a failed analysis ends the attempt at once': (before, after, { world }) => {
    const isFailed = world.runs.some(
      (run) => run.phase === 'Failed' && run.revision === before.canaryRevision && run.attempt === before.attempt,
    );
    const goesOn =
      isFailed && isSameTry(before, after) && after.abort === undefined && weightOf(after) > 0 && after.phase !== 'Terminating';
    return goesOn ? 'it goes on' : undefined;
  },
  'I19 a pause lasts': (before, after, { world }) => {
    const step = stepsOf(world.rollout.spec.strategy.canary)[before.step?.index ?? 0];
    if (!isSameTry(before, after) || step?.kind !== 'pause' || (after.step?.index ?? 0) <= (before.step?.index ?? 0)) return undefined;
    const stayedMs = world.nowMs - Math.max(msOf(before.step?.startedAt ?? ''), msOf(before.weight?.confirmedAt ?? ''));
    return !(stayedMs >= (step.config.duration ?? 0)) ? `left after ${stayedMs} ms` : undefined;
  },
  'I21 a new canary begins at 0': (before, after) =>
    after.canaryRevision !== undefined && !isSameTry(before, after) && weightOf(after) > 0 ? `begun at ${weightOf(after)} %` : undefined,
  'I21 a raise is from what the data plane does': (before, after, { toy }) => {
    const canary = after.canaryRevision ?? '';
    const share = toy.traffic.shares?.[canary] ?? 0;
    return isRaise(before, after) && share > weightOf(before) && toy.isTame
      ? `raised from ${weightOf(before)} %, and the data plane gives ${share} %`
      : undefined;
  },
  'I34 nothing is raised or promoted while paused': (before, after, { world }) =>
    world.rollout.spec.paused && (isRaise(before, after) || isPromotion(before, after)) ? 'raised or promoted' : undefined,
  'nothing is raised or promoted beside an older rival, or blindly': (before, after, { world }) =>
    (world.rival !== undefined || world.unreadable !== undefined || world.traffic.kind === 'unusable') &&
    (isRaise(before, after) || isPromotion(before, after))
      ? 'raised or promoted'
      : undefined,
  'nothing is raised or promoted in doubt about who follows': (before, after, { world }) =>
    world.traffic.kind === 'usable' && world.traffic.held !== undefined && (isRaise(before, after) || isPromotion(before, after))
      ? 'raised or promoted'
      : undefined,
  'I36 three corrections in five minutes': (_, after, { world }) => {
    const recent = (after.corrections ?? []).filter(({ at }) => msOf(at) > world.nowMs - 300_000);
    return (['Split', 'Replicas', 'Selector'] as const).some((object) => recent.filter((entry) => entry.object === object).length > 3)
      ? 'more than three'
      : undefined;
  },
  'history tells of each attempt once': (_, { history = [] }) => {
    const keys = history.map(({ revision, startedAt, outcome }) => `${revision} ${startedAt} ${outcome}`);
    return new Set(keys).size < keys.length ? keys.join('; ') : undefined;
  },
};

const shareIn = (shares: Readonly<Record<string, number>> | undefined, revision: string): number => shares?.[revision] ?? 0;

export const effectLaws: Readonly<Record<string, EffectLaw>> = {
  'I1 the split names the canary and stable, stable last': (effect, { toy }) => {
    if (effect.kind !== 'writeSplit') return undefined;
    const { stableRevision, canaryRevision } = toy.rollout.status;
    const names = effect.split.backends.map(({ service }) => service);
    const allowed = [`web-${canaryRevision},web-${stableRevision}`, `web-${stableRevision}`];
    return allowed.includes(names.join(',')) ? undefined : names.join(',');
  },
  'I2 weights are whole and sum to 100': (effect) => {
    if (effect.kind !== 'writeSplit') return undefined;
    const weights = effect.split.backends.map(({ weight }) => weight);
    const isFine =
      weights.every((weight) => Number.isInteger(weight) && weight >= 0) && weights.reduce((sum, weight) => sum + weight, 0) === 100;
    return isFine ? undefined : weights.join(',');
  },
  'an older leader never writes over a newer one’s split': (effect, { toy, world }) =>
    effect.kind === 'writeSplit' && (toy.split?.stamp?.epoch ?? 0) > world.epoch
      ? `epoch ${world.epoch} over ${toy.split?.stamp?.epoch}`
      : undefined,
  'status before split': (effect, { toy }) => {
    if (effect.kind !== 'writeSplit') return undefined;
    const { status } = toy.rollout;
    const written = effect.split.backends.find(({ service }) => service === `web-${status.canaryRevision}`)?.weight ?? 0;
    return written === weightOf(status) ? undefined : `${written} % written, ${weightOf(status)} % recorded`;
  },
  'I36 a split is made and made again three times in five minutes': (effect, { toy, world }) => {
    if (effect.kind !== 'writeSplit' || effect.uid !== undefined || world.rollout.status.phase === 'Aborting') return undefined;
    const recent = toy.splitMadeAtMs.filter((atMs) => atMs > toy.nowMs - 300_000).length;
    return recent > 3 ? `${recent} times before` : undefined;
  },
  'I6 pods stay while the data plane may send to them': (effect, { toy }) => {
    // A foreign edit that was not seen yet is nobody's fault.
    if (effect.kind !== 'scaleDeployment' || !toy.isTame) return undefined;
    const open = toy.shares.filter((_, index, all) => (all[index + 1]?.sinceMs ?? Number.POSITIVE_INFINITY) > toy.nowMs);
    const share = Math.max(...open.map(({ value }) => shareIn(value, effect.revision)));
    const need = Math.min(podsFor(share, toy.rollout.spec.replicas ?? 1, 1), toy.revisions.get(effect.revision)?.readyAtMs.length ?? 0);
    return effect.replicas < need ? `${effect.revision} to ${effect.replicas} at ${share} %` : undefined;
  },
  'I7 stable never falls below its floor': (effect, { toy }) => {
    const { status } = toy.rollout;
    if (effect.kind !== 'scaleDeployment' || effect.revision !== status.stableRevision) return undefined;
    if (status.canaryRevision === undefined || status.phase === 'RolledBack') return undefined;
    return effect.replicas < (status.run?.replicasFloor ?? 0) ? `stable to ${effect.replicas}` : undefined;
  },
  'I9 the root Service selects a revision with ready pods': (effect, { toy, world }) => {
    if (effect.kind !== 'pinSelector' || effect.revision === undefined || world.rollout.spec.replicas === 0) return undefined;
    const isReady = world.revisions.some(({ revision, readyEndpoints }) => revision === effect.revision && readyEndpoints > 0);
    return isReady || !toy.isTame || world.rollout.status.phase === 'Healthy'
      ? undefined
      : `pinned to ${effect.revision}, which has no ready pod`;
  },
  'nothing new is made beside an older rival': (effect, { world, toy }) =>
    world.rival !== undefined &&
    toy.rollout.status.phase !== 'Terminating' &&
    (effect.kind === 'createDeployment' || effect.kind === 'createRun' || (effect.kind === 'writeSplit' && !effect.isCut))
      ? 'made'
      : undefined,
  'I35 the finalizer goes last': (effect, { toy }) => {
    if (effect.kind !== 'removeFinalizer') return undefined;
    const { workload, rollout } = toy;
    if (toy.revisions.size > 0 || toy.split !== undefined || toy.root.pinned !== undefined) return 'objects are left';
    if (workload.isPaused) return 'the workload is paused';
    const wanted = rollout.spec.replicas ?? 1;
    return toy.ready(workload) < Math.min(wanted, workload.readyAtMs.length, 1) ? 'the workload does not serve' : undefined;
  },
};

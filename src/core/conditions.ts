import type { Draft } from './draft.ts';
import { isConfirmed } from './facts.ts';
import type { ReasonCode } from './reasons.ts';
import type { Condition, RolloutStatus, WeightStatus } from './rollout.ts';
import { templateRemark } from './template-remark.ts';
import { isoOf } from './time.ts';
import { contentionMessage, contestedObjects, isContended } from './upkeep/contention.ts';
import type { World } from './world.ts';

/**
 * kstatus, so that Flux, Argo CD and kubectl wait understand a Rollout without being told: Ready, and Reconciling and Stalled only
 * while they are true.
 */
export function conditionsOf(world: World, draft: Draft, message: string): readonly Condition[] {
  const { state, reason } = health(draft);
  const conditions: Wish[] = [{ type: 'Ready', status: state === 'ready' ? 'True' : 'False', reason, message }];
  if (state === 'moving') conditions.push({ type: 'Reconciling', status: 'True', reason, message });
  if (state === 'stalled') conditions.push({ type: 'Stalled', status: 'True', reason, message });
  const others = [...weightCondition(draft), ...obstruction(draft), ...contention(world, draft), ...analysisCondition(world)];
  return mergeConditions(world, draft.status.conditions, [...conditions, ...others]);
}

type Wish = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const restingPhases: Partial<Record<NonNullable<RolloutStatus['phase']>, ReasonCode>> = { Healthy: 'Healthy' };

function health({ status, hold }: Draft): { state: 'ready' | 'moving' | 'stalled'; reason: string } {
  if (status.phase === 'RolledBack') return { state: 'stalled', reason: status.abort?.reason ?? 'RolledBack' };
  if (hold?.isStalled) return { state: 'stalled', reason: hold.reason };
  const resting = status.phase === undefined ? undefined : restingPhases[status.phase];
  if (resting !== undefined) return { state: 'ready', reason: resting };
  return { state: 'moving', reason: hold?.reason ?? movingReason(status) };
}

function movingReason({ phase }: RolloutStatus): ReasonCode {
  switch (phase) {
    case 'Initializing':
      return 'Initializing';
    case 'Baking':
      return 'Baking';
    case 'Terminating':
      return 'Terminating';
    case 'Paused':
      return 'Paused';
    default:
      return 'Progressing';
  }
}

function weightCondition({ status, weightHold, outage }: Draft): readonly Wish[] {
  if (status.weight === undefined) return [];
  if (isConfirmed(status)) {
    const by = { Metrics: 'the observed share', Adapter: 'the adapter’s object', Elapsed: 'the elapsed bound' }[
      status.weight.confirmedBy ?? 'Elapsed'
    ];
    const message = `confirmed by ${by}`;
    // What was said when it was confirmed stands: nobody asks any more.
    const before = status.conditions.find(({ type }) => type === 'WeightConfirmed');
    const isSaid = before?.status === 'True' && before.message.startsWith(`${message}: `);
    return [
      { type: 'WeightConfirmed', status: 'True', reason: 'WeightConfirmed', message: isSaid ? before.message : because(message, outage) },
    ];
  }
  if (weightHold?.reason === 'WeightNotApplied')
    return [{ type: 'WeightConfirmed', status: 'False', reason: 'WeightNotApplied', message: weightHold.message }];
  const message = because(unconfirmedText(status.weight), outage);
  return [{ type: 'WeightConfirmed', status: 'Unknown', reason: 'AwaitingWeight', message }];
}

export const unconfirmedText = ({ desired }: WeightStatus): string => `${desired} % is not confirmed yet`;

const because = (message: string, why: string | undefined): string => (why === undefined ? message : `${message}: ${why}`);

/** Stalled says why the release was rolled back; this, what stands in the way since. */
const obstruction = ({ beside }: Draft): readonly Wish[] =>
  beside === undefined ? [] : [{ type: 'Obstructed', status: 'True', reason: beside.reason, message: beside.message }];

function contention(world: World, draft: Draft): readonly Wish[] {
  const contested = contestedObjects.filter((object) => isContended(world, draft, object));
  if (contested.length === 0) return [];
  return [
    {
      type: 'Contended',
      status: 'True',
      reason: 'Contended',
      message: contested.map((object) => contentionMessage(world, draft, object)).join('; '),
    },
  ];
}

/** Only while it is False: a release would be held back by its templates, so that it is said before there is one. */
function analysisCondition(world: World): readonly Wish[] {
  const message = templateRemark(world);
  const [first] = world.templateProblems;
  if (first === undefined || message === undefined || world.rollout.isDeleting) return [];
  return [{ type: 'AnalysisReady', status: 'False', reason: first.reason, message }];
}

/** lastTransitionTime moves only when the status flips; what is no longer wished for goes. */
export function mergeConditions(world: World, previous: readonly Condition[], wishes: readonly Wish[]): readonly Condition[] {
  return wishes.map((wish) => {
    const before = previous.find(({ type }) => type === wish.type);
    const lastTransitionTime = before?.status === wish.status ? before.lastTransitionTime : isoOf(world.nowMs);
    return { ...wish, lastTransitionTime, observedGeneration: world.rollout.generation };
  });
}

import { rollouts } from '../api/index.ts';
import type { Plan } from '../core/index.ts';
import { plan, writtenEpoch } from '../core/index.ts';
import type { RolloutStatus } from '../core/rollout.ts';
import type { KubeClient, KubeFailure, ReconcileOutcome, Recorder } from '../kube/index.ts';
import { describeFailure, isCutOff } from '../kube/index.ts';
import type { Clock, Logger } from '../lib/index.ts';
import type { ShareVia } from '../metrics/index.ts';
import type { RouterTarget } from '../traffic/index.ts';
import type { Confirmations } from './confirmations.ts';
import type { Conflicts } from './conflicts.ts';
import { unelected } from './controller-options.ts';
import type { Dependencies } from './dependencies.ts';
import type { Executors } from './execute.ts';
import { execute, isCut } from './execute.ts';
import type { Measurer } from './measurer.ts';
import type { Moments } from './moments.ts';
import type { Observation, Observers } from './observe.ts';
import { observe } from './observe.ts';
import type { Obstacles } from './obstacle.ts';
import { obstacleOf } from './obstacle.ts';
import type { LastLooks } from './read-anew.ts';
import { isGivingUp, readAnew } from './read-anew.ts';
import type { RolloutRecord } from './records.ts';
import { unreadable } from './refusals.ts';
import type { Stall } from './report.ts';
import { invalid, reportStall } from './report.ts';
import { metricShareQuestion } from './share.ts';
import type { Telemetry } from './telemetry.ts';

export interface RolloutReconciler {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly epoch: () => number | undefined;
  readonly observers: Observers;
  readonly executors: Executors;
  readonly measurer: Measurer;
  readonly dependencies: Dependencies;
  readonly recorder: Pick<Recorder, 'event'>;
  readonly telemetry: Telemetry;
  readonly shareVia: (target: RouterTarget) => ShareVia | undefined;
  readonly obstacles: Obstacles;
  readonly conflicts: Conflicts;
  readonly looks: LastLooks;
  readonly confirmations: Confirmations;
  readonly moments: Moments;
  /** This process is out of date: a newer leader has written, in this epoch. */
  readonly onFenced: (reason: string, epoch: number) => void;
}

type Seen = Extract<Observation, { kind: 'world' }>;

/** Observe, plan, execute: the one place that knows the order. */
export async function reconcileRollout(key: string, reconciler: RolloutReconciler, signal: AbortSignal): Promise<ReconcileOutcome> {
  const epoch = reconciler.epoch();
  if (epoch === undefined) return {};
  const seen = observe(key, epoch === unelected ? storedEpoch(key, reconciler) : epoch, reconciler.clock.nowMs(), reconciler.observers);
  switch (seen.kind) {
    case 'gone':
      reconciler.dependencies.forget(key);
      reconciler.obstacles.passed(key);
      reconciler.conflicts.passed(key);
      reconciler.looks.forget(key);
      reconciler.measurer.forgetShare(key);
      reconciler.confirmations.forget(key);
      reconciler.moments.forget(key);
      reconciler.telemetry.forget(key);
      return {};
    case 'invalid':
      reconciler.dependencies.set(key, []);
      return report(key, seen.record, invalid(seen.record, seen.errors), reconciler, signal);
    case 'unready':
      reconciler.dependencies.set(key, seen.things);
      return {};
    case 'refused':
      return report(key, seen.record, { reason: 'Forbidden', message: unreadable(seen.kinds) }, reconciler, signal);
    case 'world':
      reconciler.dependencies.set(key, seen.things);
      return pursue(key, { ...seen, world: reconciler.moments.settle(key, seen.world) }, reconciler, signal);
  }
}

function storedEpoch(key: string, { observers }: RolloutReconciler): number {
  const decoded = observers.cache.rollouts.get(key)?.decoded;
  return decoded?.ok ? (decoded.value.status.epoch ?? 1) : 1;
}

/** Said without a decision: there is nothing to decide on. */
async function report(key: string, record: RolloutRecord, stall: Stall, reconciler: RolloutReconciler, signal: AbortSignal) {
  const written = await reportStall(record, stall, reconciler, signal);
  return written.ok ? {} : afterFailure(key, written.failure, { isUrgent: false, isRecorded: true }, reconciler);
}

async function pursue(key: string, seen: Seen, reconciler: RolloutReconciler, signal: AbortSignal): Promise<ReconcileOutcome> {
  const obstacle = reconciler.obstacles.of(key);
  const written = writtenEpoch(seen.world);
  const epoch = reconciler.epoch() === unelected ? Math.max(seen.world.epoch, written) : seen.world.epoch;
  const world = { ...seen.world, epoch, ...(obstacle === undefined ? {} : { obstacle }) };
  const { rollout } = world;
  if (written > epoch) {
    reconciler.onFenced(`Rollout ${key} or its TrafficSplit carries epoch ${written}, ours is ${epoch}`, written);
    return {};
  }
  const next = plan(world);
  const lookAgain = () => readAnew(world, reconciler.observers.mesh.seen(seen.meshKeys, rollout.namespace), reconciler.executors, signal);
  // What is waited for may have come without a word: a release is given up, and people are called, by what the server says.
  if (isGivingUp(next.status, rollout.status) && reconciler.looks.isDue(key, reconciler.clock.monotonicMs()) && (await lookAgain()))
    return { wakeAtMs: world.nowMs };
  ask(key, next, seen, reconciler);
  const workload = world.workload === undefined ? undefined : { name: world.workload.name, uid: world.workload.uid };
  const owner = { namespace: rollout.namespace, name: rollout.name, uid: rollout.uid, workload };
  const scene = { world, target: seen.target, owner, resourceVersion: rollout.resourceVersion };
  let isRecorded = next.status === undefined;
  // People hear of a transition once it is recorded, whatever becomes of the effects.
  const onRecorded = () => {
    isRecorded = true;
    tell(key, next, rollout.status, seen, reconciler);
  };
  const done = await execute(next, { ...scene, onRecorded }, reconciler.executors, signal);
  if (!done.ok) {
    const outcome = afterFailure(key, done.failure, { isUrgent: isCut(next), isRecorded }, reconciler);
    if (done.failure.kind === 'conflict' && reconciler.conflicts.isDeaf(key)) await lookAgain();
    return outcome;
  }
  if (next.status === undefined) tell(key, next, rollout.status, seen, reconciler);
  reconciler.conflicts.passed(key);
  const obstacleIs = reconciler.obstacles.passed(key);
  // Gone with this attempt; the next pass says so.
  if (obstacleIs === 'gone') return { wakeAtMs: world.nowMs };
  if (obstacleIs === 'untried') return 'retry';
  reconciler.telemetry.observed(key, next.status ?? rollout.status);
  const wakeAtMs = Math.min(next.wakeAtMs ?? Number.POSITIVE_INFINITY, seen.recheckAtMs ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(wakeAtMs) ? { wakeAtMs } : {};
}

/** A conflict is news that the watch is bringing; anything else is tried again after a back-off, or when the server is back. */
function afterFailure(
  key: string,
  failure: KubeFailure,
  { isUrgent, isRecorded }: { readonly isUrgent: boolean; readonly isRecorded: boolean },
  { log, clock, telemetry, obstacles, conflicts }: RolloutReconciler,
): ReconcileOutcome {
  telemetry.failed(failure.kind);
  if (failure.kind === 'aborted') return {};
  if (failure.kind === 'conflict') {
    log.debug({ rollout: key, failure: describeFailure(failure) }, 'a write met a newer object');
    return { wakeAtMs: clock.nowMs() + conflicts.met(key, isUrgent) };
  }
  log.warn({ rollout: key, failure: describeFailure(failure) }, 'a write failed');
  const obstacle = obstacleOf(failure);
  if (obstacle !== undefined) obstacles.met(key, obstacle, !isRecorded);
  return isCutOff(failure) ? { cutOff: isUrgent ? 'urgent' : 'patient' } : 'retry';
}

/** The share is asked for off the reconciler; the reading comes back in a later world. */
function ask(key: string, { shareQuestion }: Plan, { world, target }: Seen, { measurer, clock, shareVia }: RolloutReconciler): void {
  const via = target === undefined ? undefined : shareVia(target);
  if (shareQuestion === undefined || via === undefined) return;
  measurer.askShare(key, metricShareQuestion(shareQuestion, world, via, clock.nowMs()));
}

function tell(key: string, next: Plan, before: RolloutStatus, { world }: Seen, { log, recorder }: RolloutReconciler): void {
  const { rollout } = world;
  const after = next.status ?? before;
  if (next.status !== undefined) logTransition(key, before, after, log);
  const regarding = {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: rollouts.kind,
    namespace: rollout.namespace,
    name: rollout.name,
    uid: rollout.uid,
  };
  for (const { severity, reason, message } of next.notices) recorder.event({ regarding, type: severity, reason, note: message });
}

/** One line a transition, none for a quiet pass. */
function logTransition(rollout: string, before: RolloutStatus, after: RolloutStatus, log: Logger): void {
  if (before.phase !== after.phase) {
    log.info(
      { rollout, from: before.phase, to: after.phase, reason: after.conditions[0]?.reason, message: after.message },
      'phase changed',
    );
  }
  if (before.weight?.desired !== after.weight?.desired)
    log.info({ rollout, from: before.weight?.desired, to: after.weight?.desired, step: after.step?.label }, 'weight decided');
  if (before.weight?.confirmedAt !== after.weight?.confirmedAt && after.weight?.confirmedAt !== undefined) {
    log.info({ rollout, weight: after.weight.desired, by: after.weight.confirmedBy, observed: after.weight.observed }, 'weight confirmed');
  }
}

import { finalizer, rollouts } from '../api/index.ts';
import type { Effect, Plan } from '../core/index.ts';
import { isStop } from '../core/index.ts';
import { restartedAtAnnotation } from '../core/names.ts';
import type { Owner } from '../core/objects/index.ts';
import { portOf, portsSinceAnnotation } from '../core/objects/index.ts';
import { isoOf } from '../core/time.ts';
import type { World } from '../core/world.ts';
import type { KubeClient, KubeFailure, KubeObject, Resource } from '../kube/index.ts';
import { compareResourceVersions } from '../kube/index.ts';
import type { Clock, Result } from '../lib/index.ts';
import { fail, mergePatch, ok, unreachable } from '../lib/index.ts';
import type { RouterTarget } from '../traffic/index.ts';
import type { Cache } from './cache.ts';
import type { Decisions } from './decisions.ts';
import type { Answer } from './execute-decision.ts';
import { answer } from './execute-decision.ts';
import { writeRevision } from './execute-revision.ts';
import { createRun } from './execute-run.ts';
import { deleteSplit, writeSplit } from './execute-split.ts';
import { restoreWorkload } from './execute-workload.ts';
import { deployments, services } from './resources.ts';

export interface Executors {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly cache: Cache;
  readonly decisions: Pick<Decisions, 'on'>;
  /** Feeds the answer to a write into the store of its kind; or an object of a list, which was there `asOf` the list's version. */
  readonly absorb: (resource: Resource, object: KubeObject, asOf?: string) => void;
}

/** What one plan is carried out on. */
export interface Scene {
  readonly world: World;
  readonly target: RouterTarget | undefined;
  readonly owner: Owner;
  /** Of the Rollout: moves on with each write of ours to it. */
  readonly resourceVersion: string;
  /** The plan's status is stored. */
  readonly onRecorded?: () => void;
}

export type Written = Result<KubeObject | undefined, KubeFailure>;

/**
 * Carries out a plan: status first, then each effect in order, each with the versions that the decision was made on. Stops at the first
 * failure: a conflict is news, and the next pass observes it.
 */
export async function execute(plan: Plan, scene: Scene, executors: Executors, signal: AbortSignal): Promise<Result<void, KubeFailure>> {
  let current = scene;
  if (plan.status !== undefined) {
    const recorded = await writeStatus(plan.status, current, executors, isCut(plan), signal);
    if (!recorded.ok) return recorded;
    current = movedOn(current, recorded.value);
    scene.onRecorded?.();
  }
  const answers = plan.effects.filter((effect) => effect.kind === 'answerDecision');
  let answered: Result<void, KubeFailure> = ok(undefined);
  for (const effect of plan.effects) {
    if (effect.kind === 'answerDecision') {
      if (effect === answers[0]) answered = await answer(answers, current, plan.status !== undefined, executors, signal);
      continue;
    }
    // Each write before it took its time; a raise is the one effect that must not be late.
    const news = effect.kind === 'writeSplit' && !effect.isCut ? newsSince(current, executors) : undefined;
    if (news !== undefined) return fail({ kind: 'conflict', message: news });
    const written = await act(effect, current, executors, signal);
    if (!written.ok && !isDone(effect, written.failure, current, executors)) return written;
    if (written.ok && isOnRollout(effect)) current = movedOn(current, written.value);
  }
  return answered;
}

/** A weight falls. */
export const isCut = ({ effects }: Plan): boolean => effects.some((effect) => effect.kind === 'writeSplit' && effect.isCut);

const isOnRollout = ({ kind }: Effect): boolean => kind === 'claimRollout' || kind === 'removeFinalizer';

const movedOn = (scene: Scene, object: KubeObject | undefined): Scene =>
  object === undefined ? scene : { ...scene, resourceVersion: object.metadata.resourceVersion };

/** What the stores know by now and the decision did not: another state of the Rollout, a verdict against the canary, a person who stops it. */
function newsSince({ world, resourceVersion }: Scene, { cache, decisions }: Executors): string | undefined {
  const { namespace, name, uid } = world.rollout;
  const stored = cache.rollouts.get(`${namespace}/${name}`);
  if (stored?.uid === uid && compareResourceVersions(stored.resourceVersion, resourceVersion) > 0)
    return 'the Rollout has changed meanwhile';
  const heard = new Set(world.decisions.map((decision) => decision.uid));
  const stop = decisions.on(`${namespace}/${name}`).find((decision) => isStop(decision) && !heard.has(decision.uid));
  if (stop !== undefined) return `Decision ${stop.name} says ${stop.action} meanwhile`;
  const known = new Map(world.runs.map((run) => [run.name, run.phase]));
  const failed = cache.runs.byIndex('rollout', uid).find((run) => {
    const phase = run.decoded.ok ? run.decoded.value.status.phase : 'Error';
    return (phase === 'Failed' || phase === 'Error') && known.get(run.name) !== phase;
  });
  return failed === undefined ? undefined : `AnalysisRun ${failed.name} has failed meanwhile`;
}

/** Somebody, perhaps we before a crash, has done it already. The watch brings what is there; it is judged then. */
function isDone(effect: Effect, failure: KubeFailure, { owner }: Scene, { cache }: Executors): boolean {
  if (failure.kind === 'notFound')
    return (
      effect.kind === 'deleteRevision' ||
      effect.kind === 'deleteSplit' ||
      effect.kind === 'deleteRootService' ||
      effect.kind === 'removeFinalizer'
    );
  if (failure.kind !== 'alreadyExists' || effect.kind !== 'createRun') return false;
  // One of that name that is somebody else's will never be measured for this Rollout: people must hear of it.
  const known = cache.runs.get(`${owner.namespace}/${effect.run.name}`);
  return known === undefined || known.rolloutUid === owner.uid;
}

async function writeStatus(
  status: NonNullable<Plan['status']>,
  scene: Scene,
  { client, absorb }: Executors,
  isUrgent: boolean,
  signal: AbortSignal,
): Promise<Written> {
  const { rollout } = scene.world;
  const patch = mergePatch({ ...rollout.status }, { ...status });
  if (patch === undefined) return ok(undefined);
  const body = { metadata: { uid: rollout.uid, resourceVersion: scene.resourceVersion }, status: patch };
  const written = await client.patch(
    rollouts,
    rollout,
    body,
    { type: 'merge', subresource: 'status', priority: isUrgent ? 'cut' : 'normal' },
    signal,
  );
  if (written.ok) absorb(rollouts, written.value);
  return written;
}

function act(effect: Exclude<Effect, Answer>, scene: Scene, executors: Executors, signal: AbortSignal): Promise<Written> {
  const { rollout } = scene.world;
  const { namespace } = rollout;
  switch (effect.kind) {
    case 'claimRollout': {
      const replicas = effect.replicas === undefined ? {} : { spec: { replicas: effect.replicas } };
      return patchRollout(
        { metadata: { finalizers: [...rollout.finalizers.filter((name) => name !== finalizer), finalizer] }, ...replicas },
        scene,
        executors,
        signal,
      );
    }
    case 'removeFinalizer':
      return patchRollout({ metadata: { finalizers: rollout.finalizers.filter((name) => name !== finalizer) } }, scene, executors, signal);
    case 'copyConfig':
    case 'createDeployment':
    case 'createRevisionService':
    case 'deleteRevision':
    case 'createRootService':
      return writeRevision(effect, scene, executors, signal);
    case 'scaleDeployment':
      return patchOwn(
        deployments,
        nameOfRevision(scene, effect.revision),
        effect,
        { spec: { replicas: effect.replicas } },
        scene,
        executors,
        signal,
      );
    case 'restartDeployment': {
      const template = { metadata: { annotations: { [restartedAtAnnotation]: effect.at } } };
      return patchOwn(deployments, nameOfRevision(scene, effect.revision), effect, { spec: { template } }, scene, executors, signal);
    }
    case 'updateServicePorts': {
      const since = { [portsSinceAnnotation]: isoOf(executors.clock.nowMs()) };
      const body = { metadata: { annotations: since }, spec: { ports: effect.ports.map(portOf) } };
      return patchOwn(services, nameOfRevision(scene, effect.revision), effect, body, scene, executors, signal);
    }
    case 'updateRootPorts': {
      const { name, ports = [] } = rollout.spec.service;
      return patchOwn(services, name, effect, { spec: { ports: ports.map(portOf) } }, scene, executors, signal);
    }
    case 'deleteRootService':
      return executors.client.delete(
        services,
        { namespace, name: rollout.spec.service.name },
        { preconditions: { uid: effect.uid, resourceVersion: effect.resourceVersion } },
        signal,
      );
    case 'pinSelector':
      return patchOwn(
        services,
        rollout.spec.service.name,
        effect,
        { spec: { selector: { 'sluice.dev/revision': effect.revision ?? null } } },
        scene,
        executors,
        signal,
      );
    case 'writeSplit':
      return writeSplit(effect, scene, executors, signal);
    case 'deleteSplit':
      return deleteSplit(effect, scene, executors, signal);
    case 'patchWorkload': {
      const paused = effect.isPaused === undefined ? {} : { paused: effect.isPaused };
      const replicas = effect.replicas === undefined ? {} : { replicas: effect.replicas };
      return patchOwn(
        deployments,
        rollout.spec.workloadRef?.name ?? '',
        effect,
        { spec: { ...paused, ...replicas } },
        scene,
        executors,
        signal,
      );
    }
    case 'restoreWorkload':
      return restoreWorkload(effect, scene, executors, signal);
    case 'createRun':
      return createRun(effect.run, scene, executors, signal);
    default:
      return unreachable(effect);
  }
}

const nameOfRevision = ({ world }: Scene, revision: string): string =>
  world.revisions.find((candidate) => candidate.revision === revision)?.name ?? '';

async function patchRollout(
  body: { metadata: object; spec?: object },
  scene: Scene,
  { client, absorb }: Executors,
  signal: AbortSignal,
): Promise<Written> {
  const { rollout } = scene.world;
  const preconditions = { uid: rollout.uid, resourceVersion: scene.resourceVersion };
  const written = await client.patch(
    rollouts,
    rollout,
    { ...body, metadata: { ...body.metadata, ...preconditions } },
    { type: 'merge' },
    signal,
  );
  if (written.ok) absorb(rollouts, written.value);
  return written;
}

export type Assumed = { readonly uid: string; readonly resourceVersion: string };

/** A merge patch that fails where the object is not the one that was decided upon. */
export async function patchOwn(
  resource: Resource,
  name: string,
  { uid, resourceVersion }: Assumed,
  body: { readonly metadata?: object; readonly spec: object },
  scene: Scene,
  { client, absorb }: Executors,
  signal: AbortSignal,
): Promise<Written> {
  const { namespace } = scene.world.rollout;
  const patch = { ...body, metadata: { ...body.metadata, uid, resourceVersion } };
  const written = await client.patch(resource, { namespace, name }, patch, { type: 'merge' }, signal);
  if (written.ok) absorb(resource, written.value);
  return written;
}

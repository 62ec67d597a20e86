import { blocker } from '../blockers.ts';
import type { Draft, Hold } from '../draft.ts';
import {
  awaitingPods,
  canaryOf,
  canaryReplicas,
  findRevision,
  isConfirmed,
  lacksService,
  readyPods,
  stableReplicas,
  stepsIn,
} from '../facts.ts';
import { bySpec } from '../paused.ts';
import { liveRunsOf } from '../rounds.ts';
import { isoOf, msOf } from '../time.ts';
import { contentionMessage, isContended } from '../upkeep/contention.ts';
import { portsOf } from '../upkeep/ports.ts';
import type { Revision, RunView, World } from '../world.ts';

/**
 * Why the canary may not get more traffic now; undefined where it may. In the order in which a person would ask. Cuts never
 * pass through here.
 */
export function raiseGuard(world: World, draft: Draft, goalWeight: number): Hold | undefined {
  return (
    pausedGuard(world) ??
    blocker(world) ??
    targetGuard(world) ??
    templateGuard(world) ??
    serviceGuard(world, draft) ??
    contentionGuard(world, draft) ??
    windowGuard(world, draft) ??
    podsGuard(world, draft, goalWeight) ??
    portsGuard(world, draft) ??
    reachGuard(world, draft, goalWeight) ??
    stableGuard(world, draft) ??
    weightGuard(draft) ??
    evidenceGuard(world, draft)
  );
}

const pausedGuard = ({ rollout }: World): Hold | undefined => (rollout.spec.paused ? { reason: 'Paused', message: bySpec } : undefined);

export function targetGuard({ target }: World): Hold | undefined {
  return target.kind === 'unknown' ? { reason: target.reason, message: target.message } : undefined;
}

function templateGuard({ templateProblems }: World): Hold | undefined {
  const [first] = templateProblems;
  return first === undefined ? undefined : { reason: first.reason, message: first.message };
}

function contentionGuard(world: World, draft: Draft): Hold | undefined {
  return isContended(world, draft, 'Split')
    ? { reason: 'Contended', message: contentionMessage(world, draft, 'Split'), isStalled: true }
    : undefined;
}

/** Requests to a Service that is gone go nowhere. Upkeep makes it again at once. */
export function serviceGuard(world: World, { status }: Draft): Hold | undefined {
  const gone = [status.canaryRevision, status.stableRevision].map((revision) => findRevision(world, revision)).find(lacksService);
  return gone === undefined ? undefined : goneHold(gone);
}

const goneHold = ({ name }: Revision): Hold => ({
  reason: 'RevisionServiceMissing',
  message: `Service ${name} is gone, and is made again`,
});

function windowGuard({ window }: World, { status }: Draft): Hold | undefined {
  if (window.kind === 'open' || status.run?.override === true) return undefined;
  const until = window.untilMs === undefined ? '' : ` until ${new Date(window.untilMs).toISOString()}`;
  return { reason: 'AwaitingWindow', message: `a change window forbids raises${until}` };
}

export function podsGuard(world: World, draft: Draft, goalWeight: number): Hold | undefined {
  const canary = findRevision(world, draft.status.canaryRevision);
  const wanted = Math.max(1, canaryReplicas(world, draft.status, goalWeight));
  const ready = readyPods(canary);
  const isScaled = (canary?.deployment?.replicas ?? 0) >= wanted;
  if (isScaled && canary?.service !== undefined && ready >= wanted) return undefined;
  return awaitingPods(wanted, goalWeight);
}

/**
 * The first traffic of a revision waits until the data plane has had its lag to learn the new endpoints: it may hear of the weight first,
 * and would send requests nowhere.
 */
function reachGuard(world: World, { status }: Draft, goalWeight: number): Hold | undefined {
  if ((status.weight?.desired ?? 0) > 0) return undefined;
  const reachableAtMs = reachableAt(world, status.canaryRevision);
  if (reachableAtMs === undefined || world.nowMs >= reachableAtMs) return undefined;
  return awaitingPods(Math.max(1, canaryReplicas(world, status, goalWeight)), goalWeight);
}

/** Why a raise that was decided may not be carried out any more: what can have changed since, whatever it had waited for. */
export function sceneGuard(world: World, draft: Draft, goalWeight: number): Hold | undefined {
  return (
    pausedGuard(world) ??
    serviceGuard(world, draft) ??
    windowGuard(world, draft) ??
    stableGuard(world, draft) ??
    podsGuard(world, draft, goalWeight)
  );
}

/** The first traffic of a revision finds the ports that were changed together with its template. */
function portsGuard(world: World, { status }: Draft): Hold | undefined {
  const canary = findRevision(world, status.canaryRevision);
  if ((status.weight?.desired ?? 0) > 0 || canary === undefined || portsOf(world, status, canary).length === 0) return undefined;
  return { reason: 'AwaitingPods', message: 'the Service of the canary gets the ports of the root Service' };
}

/** When a data plane that lags at its most has heard of the revision's pods, behind the Service and the ports that are there now. */
export function reachableAt(world: World, revision: string | undefined): number | undefined {
  const { deployment, service } = findRevision(world, revision) ?? {};
  if (world.traffic.kind === 'unusable') return undefined;
  const lagMs = canaryOf(world).confirmation.maxLag ?? world.traffic.defaultMaxLagMs;
  const { availableSinceMs } = deployment ?? {};
  const { portsSinceMs, createdAtMs } = service ?? {};
  // The condition's time and the Service's are cut to whole seconds.
  const moments = [
    ...(availableSinceMs === undefined ? [] : [Math.max(availableSinceMs, createdAtMs ?? 0) + 1_000]),
    ...(portsSinceMs === undefined ? [] : [portsSinceMs]),
  ];
  return moments.length === 0 ? undefined : Math.max(...moments) + lagMs;
}

/** Stable without what its share of the traffic needs, whatever the canary does: its Service, or its pods. */
export function stableAlarm(world: World, draft: Draft): Hold | undefined {
  const stable = findRevision(world, draft.status.stableRevision);
  return lacksService(stable) ? goneHold(stable) : stableGuard(world, draft);
}

function stableGuard(world: World, draft: Draft): Hold | undefined {
  const { stableRevision } = draft.status;
  const stable = findRevision(world, stableRevision);
  if (stableRevision !== undefined && stable?.deployment === undefined) return lostHold(stableRevision);
  const wanted = stableReplicas(world, draft.status);
  const ready = readyPods(stable);
  if (ready >= wanted) return undefined;
  return shortHold(ready, wanted);
}

/** Without a count of those that are ready, like `podsHold`; that there is none left is worth a write. */
export const shortHold = (ready: number, wanted: number): Hold => ({
  reason: 'StableNotReady',
  message: ready === 0 ? `stable has none of its ${wanted} pods ready` : `stable has not all of its ${wanted} pods ready`,
});

/** Its template went with it: waiting brings no pods. */
const lostHold = (revision: string): Hold => ({
  reason: 'StableRevisionLost',
  message:
    `the Deployment of the stable revision ${revision} is gone, and its template with it: its share of the traffic has no pods; ` +
    'set the template back to that revision, and the Deployment is made again',
  isStalled: true,
});

function weightGuard({ status, hold }: Draft): Hold | undefined {
  if (isConfirmed(status)) return undefined;
  return hold ?? { reason: 'AwaitingWeight', message: `${status.weight?.desired ?? 0} % is not confirmed` };
}

/** PerStep: of each background metric a Pass whose window began after the present weight was confirmed. */
function evidenceGuard(world: World, draft: Draft): Hold | undefined {
  const { analysis } = canaryOf(world);
  const { weight } = draft.status;
  if (analysis === undefined || analysis.evidence === 'Running') return undefined;
  if ((weight?.desired ?? 0) === 0 || !isWatched(world, draft)) return undefined;
  return missingEvidence(backgroundRun(world, draft), confirmedMs(draft));
}

const confirmedMs = ({ status: { weight } }: Draft): number =>
  weight?.confirmedAt === undefined ? Number.POSITIVE_INFINITY : msOf(weight.confirmedAt);

/** The background analysis has its turn: from its starting step on, at the latest when all steps are through. */
export function isWatched(world: World, { status }: Draft): boolean {
  const { analysis } = canaryOf(world);
  return analysis !== undefined && (status.step?.index ?? 0) >= Math.min(analysis.startingStep, stepsIn(world).length);
}

/** Why the canary may not become stable now, though all traffic is with it. `bake`: the run that must have passed as well. */
export function promotionGuard(world: World, draft: Draft, bake?: { readonly run: RunView | undefined }): Hold | undefined {
  const paused = pausedGuard(world);
  if (paused !== undefined) return paused;
  const sinceMs = confirmedMs(draft);
  const lacking =
    (bake === undefined ? undefined : missingPass(bake.run, sinceMs)) ??
    (canaryOf(world).analysis === undefined ? undefined : missingPass(backgroundRun(world, draft), sinceMs));
  return (
    blocker(world) ??
    targetGuard(world) ??
    serviceGuard(world, draft) ??
    podsGuard(world, draft, 100) ??
    (lacking === undefined ? undefined : (templateGuard(world) ?? lacking))
  );
}

/** Every metric must have passed once, also one that a raise did not wait for. */
function missingPass(run: RunView | undefined, sinceMs: number): Hold | undefined {
  if (run === undefined) return { reason: 'AwaitingAnalysis', message: 'the analysis has not begun' };
  const lacking = run.evidence.find(({ passedWindowStartedAtMs }) => passedWindowStartedAtMs === undefined);
  return lacking === undefined
    ? undefined
    : { reason: 'AwaitingAnalysis', message: `metric "${lacking.metric}" has not passed yet${whyNot(lacking, sinceMs)}` };
}

/** Names the first metric without a Pass since `sinceMs`. A run that is not there has shown nothing. */
function missingEvidence(run: RunView | undefined, sinceMs: number): Hold | undefined {
  if (run === undefined) return { reason: 'AwaitingAnalysis', message: 'the analysis has not begun' };
  const lacking = run.evidence.find(
    ({ isExempt, passedWindowStartedAtMs }) => !isExempt && !(passedWindowStartedAtMs !== undefined && passedWindowStartedAtMs >= sinceMs),
  );
  if (lacking === undefined) return undefined;
  const message = `metric "${lacking.metric}" has not passed since the present weight was confirmed${whyNot(lacking, sinceMs)}`;
  return { reason: 'AwaitingAnalysis', message };
}

/** What was seen of it at the present weight, or when something can be. */
function whyNot(evidence: RunView['evidence'][number], sinceMs: number): string {
  const { lacking } = evidence;
  return lacking !== undefined && lacking.atMs >= sinceMs ? `: ${lacking.why}` : firstMeasured([evidence], sinceMs);
}

/**
 * When the first of these metrics can be measured at the present weight: a wait for a long window would look hung. It stays the same as long as the weight does, so
 * that it takes no write of its own.
 */
export function firstMeasured(evidence: RunView['evidence'], sinceMs: number): string {
  const moments = evidence.flatMap(({ firstAsk }) =>
    firstAsk === undefined ? [] : [Math.max(sinceMs + firstAsk.windowMs, firstAsk.notBeforeMs ?? 0)],
  );
  const [first] = moments.filter(Number.isFinite).toSorted((left, right) => left - right);
  return first === undefined ? '' : `, first measured at ${clockTime(first)}`;
}

/** Of the day, in whole seconds, not before the moment. */
const clockTime = (ms: number): string => `${isoOf(Math.ceil(ms / 1_000) * 1_000).slice(11, 19)}Z`;

/** The run that watches in the background now. */
export const backgroundRun = (world: World, { status }: Draft): RunView | undefined =>
  liveRunsOf(world, status).find(({ kind }) => kind === 'Background');

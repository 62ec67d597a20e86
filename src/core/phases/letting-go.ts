import { unusableBlocker } from '../blockers.ts';
import type { Draft, Hold } from '../draft.ts';
import { holding, waking, withEffects, withStatus } from '../draft.ts';
import { canaryOf, desiredSplit, isSentTo, maxLagMs } from '../facts.ts';
import { isoOf, msOf } from '../time.ts';
import type { SplitView, World } from '../world.ts';

/**
 * The end of a deletion, when what stays behind serves: the split goes, and nothing is taken away that the mesh is still seen to send to.
 *
 *   Unsplitting → Releasing (the adapter's object; Insisting where it is overdue) → Draining → Removing → finalizer
 */
export function lettingGo(world: World, draft: Draft): Draft {
  const stage = draft.status.stage?.name;
  if (stage === 'Unsplitting') return unsplitting(world, draft);
  const sender = world.workload === undefined ? undefined : senderOf(world);
  if (sender !== undefined) return waitingForRelease(world, isReleasing(draft) ? draft : enter(world, draft, 'Releasing'), sender);
  if (isReleasing(draft)) return draining(world, enter(world, draft, 'Draining'));
  return stage === 'Draining' ? draining(world, draft) : removing(world, draft);
}

export const enter = (world: World, draft: Draft, name: string): Draft => withStatus(draft, { stage: { name, since: isoOf(world.nowMs) } });

export const waitingFor = (draft: Draft, message: string): Draft => holding(draft, { reason: 'Terminating', message });

/** Without TrafficSplits there is no split; one that cannot be read may be there, and send to the canary. */
export const hiddenSplit = (world: World): Hold | undefined =>
  world.traffic.kind === 'unusable' && world.traffic.reason === 'TrafficSplitNotInstalled' ? undefined : unusableBlocker(world);

/** The data plane follows later; only then may the next thing change. With nothing left behind there is nothing to wait for. */
export function afterLag(world: World, draft: Draft, next: () => Draft): Draft {
  if (world.workload === undefined) return next();
  const untilMs = sinceMs(draft) + maxLagMs(world);
  return world.nowMs >= untilMs ? next() : waking(waitingFor(draft, 'waiting for the data plane to follow'), untilMs);
}

const sinceMs = ({ status }: Draft): number => (status.stage === undefined ? 0 : msOf(status.stage.since));

const isReleasing = ({ status }: Draft): boolean => status.stage?.name === 'Releasing' || status.stage?.name === 'Insisting';

function unsplitting(world: World, draft: Draft): Draft {
  const hidden = hiddenSplit(world);
  if (hidden !== undefined) return holding(draft, hidden);
  return afterLag(world, draft, () => {
    const split = ourSplit(world);
    if (split === undefined) return lettingGo(world, enter(world, draft, 'Releasing'));
    return awaitingWorkload(world, draft) ?? unsplit(draft, split);
  });
}

type Present = Extract<SplitView, { kind: 'present' }>;

const ourSplit = ({ traffic }: World): Present | undefined =>
  traffic.kind === 'usable' && traffic.split.kind === 'present' && traffic.split.ownership.kind === 'ours' ? traffic.split : undefined;

const unsplit = (draft: Draft, { uid, resourceVersion }: Present): Draft =>
  withEffects(waitingFor(draft, 'the split is removed'), { kind: 'deleteSplit', uid, resourceVersion });

/** What still sends to the revisions, though the split has gone. */
type Sender =
  | { readonly kind: 'ours'; readonly split: Present }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'adapter'; readonly message: string };

function senderOf(world: World): Sender | undefined {
  const { traffic, revisions } = world;
  if (traffic.kind === 'unusable') return undefined;
  const split = ourSplit(world);
  if (split !== undefined) return { kind: 'ours', split };
  if (revisions.some(({ name }) => isSentTo(world, name))) return { kind: 'foreign' };
  const { adapter } = traffic;
  return traffic.split.kind === 'absent' && adapter.kind === 'contradicts' ? { kind: 'adapter', message: adapter.message } : undefined;
}

function waitingForRelease(world: World, draft: Draft, sender: Sender): Draft {
  switch (sender.kind) {
    case 'ours': {
      // Made again to be removed again: what is said of it stays.
      const isInsisting = draft.status.stage?.name === 'Insisting' && draft.status.message !== undefined;
      return unsplit(isInsisting ? { ...draft, hold: overdue(draft.status.message ?? '') } : draft, sender.split);
    }
    case 'foreign': {
      const { service, traffic } = world.rollout.spec;
      const name = traffic.smi?.splitName ?? service.name;
      const message = `somebody else has made TrafficSplit ${name} meanwhile, and it sends to the revisions that are to be removed: remove it`;
      return { ...draft, hold: { reason: 'SplitNotOurs', message, isStalled: true } };
    }
    case 'adapter':
      return insisting(world, draft, sender.message);
  }
}

const overdue = (message: string): Hold => ({ reason: 'WeightNotApplied', message, isStalled: true });

/**
 * An adapter that was away when the split was removed never hears of it (linkerd-smi), and its object goes on sending to the revisions: it is told again, by a split
 * that says what is so and is removed at once. Without an end: as long as it sends there, requests would be lost.
 */
function insisting(world: World, draft: Draft, message: string): Draft {
  const dueMs = sinceMs(draft) + canaryOf(world).confirmation.timeout;
  const hold = overdue(`${message}: mend the mesh’s SMI adapter, or take the revisions out of that object`);
  if (world.nowMs < dueMs) {
    const isOverdue = draft.status.stage?.name === 'Insisting';
    return waking(isOverdue ? holding(draft, hold) : waitingFor(draft, 'waiting for the mesh to let go of the revisions'), dueMs);
  }
  const again = holding(enter(world, draft, 'Insisting'), hold);
  const split = desiredSplit(world, draft.status);
  const mayWrite = world.traffic.kind === 'usable' && world.traffic.conflict === undefined && world.traffic.held === undefined;
  const woken = waking(again, world.nowMs + canaryOf(world).confirmation.timeout);
  if (split === undefined || !mayWrite) return woken;
  return withEffects(woken, { kind: 'writeSplit', split, uid: undefined, resourceVersion: undefined, isCut: false });
}

const draining = (world: World, draft: Draft): Draft =>
  awaitingWorkload(world, draft) ?? afterLag(world, draft, () => removing(world, enter(world, draft, 'Removing')));

/**
 * It was ready when the root Service was unpinned, and may not be any more: one that was scaled to zero a moment before has a status, for the present generation, that still
 * counts the pods which go. Each step that cannot be taken back looks again.
 */
export function awaitingWorkload({ workload }: World, draft: Draft, replicas = workload?.replicas ?? 0): Draft | undefined {
  if (workload === undefined || workload.isDeleting || (workload.isRolledOut && workload.readyReplicas >= replicas)) return undefined;
  return waitingFor(draft, `${workload.readyReplicas} of ${replicas} pods of the workload are ready`);
}

export function removing(world: World, draft: Draft): Draft {
  const remaining = world.revisions.filter(({ deployment, service }) => deployment !== undefined || service !== undefined);
  if (remaining.length > 0)
    return withEffects(
      waitingFor(draft, 'the revisions are removed'),
      ...remaining.map(({ revision }) => ({ kind: 'deleteRevision' as const, revision })),
    );
  if (world.rootService?.isOurs) {
    const { uid, resourceVersion } = world.rootService;
    return withEffects(waitingFor(draft, 'the root Service is removed'), { kind: 'deleteRootService', uid, resourceVersion });
  }
  return withEffects(draft, { kind: 'removeFinalizer' });
}

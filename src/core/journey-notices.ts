import { hasOwnPorts } from './facts.ts';
import { keptConfigName, revisionLabel } from './names.ts';
import type { Notice } from './plan.ts';
import type { RolloutStatus } from './rollout.ts';
import type { World } from './world.ts';

/** The two journeys that change what users own: people are told of each thing as it is taken over, and as it is given back. */
export const journeyNotices = (world: World, after: RolloutStatus): readonly Notice[] => [
  ...adoption(world, after),
  ...handover(world, after),
];

const workloadOf = ({ rollout: { spec } }: World): string | undefined =>
  spec.workloadRef === undefined ? undefined : `Deployment ${spec.workloadRef.name}`;

const normal = (reason: Notice['reason'], message: string): Notice => ({ severity: 'Normal', reason, message });

const adopting = ['Starting', 'Pinning', 'Pinned', 'Splitting', 'Draining', 'done'];

/** How far an adoption has come; -1 before it begins. */
function placeOf({ phase, stage, stableRevision }: RolloutStatus): number {
  if (stableRevision === undefined || phase === 'Terminating') return -1;
  return stage === undefined ? adopting.length - 1 : adopting.indexOf(stage.name);
}

function adoption(world: World, after: RolloutStatus): readonly Notice[] {
  const { status: before, spec } = world.rollout;
  const { stableRevision = '' } = after;
  const [from, to] = [placeOf(before), placeOf(after)];
  const passes = (stage: string) => from < adopting.indexOf(stage) && to >= adopting.indexOf(stage);
  const workload = workloadOf(world);
  const isPinned = world.rootService?.selector[revisionLabel] === stableRevision || hasOwnPorts(world);
  return [
    ...(passes('Starting')
      ? [normal('Initializing', `revision ${stableRevision}${workload === undefined ? '' : ` of ${workload}`} comes up`)]
      : []),
    ...(passes('Pinned') && isPinned ? [normal('Adopted', `Service ${spec.service.name} selects revision ${stableRevision}`)] : []),
    ...(passes('Draining')
      ? [normal('Adopted', `TrafficSplit ${splitNameOf(world)} gives all traffic to revision ${stableRevision}`)]
      : []),
    ...(passes('done') && workload !== undefined
      ? [normal('Adopted', `${workload} is scaled to 0: revision ${stableRevision} serves in its place`)]
      : []),
  ];
}

const splitNameOf = ({ rollout: { spec } }: World): string => spec.traffic.smi?.splitName ?? spec.service.name;

const leaving = ['Returning', 'Restoring', 'Unpinning', 'Unsplitting', 'Releasing', 'Insisting', 'Draining', 'Removing'];

/** A deletion: what was begun with says where traffic goes; then each thing that is given back. */
function handover(world: World, after: RolloutStatus): readonly Notice[] {
  const { status: before, spec } = world.rollout;
  if (after.phase !== 'Terminating' || after.stableRevision === undefined) return [];
  const from = before.phase === 'Terminating' ? leaving.indexOf(before.stage?.name ?? '') : -1;
  const to = leaving.indexOf(after.stage?.name ?? '');
  const passes = (stage: string) => from < leaving.indexOf(stage) && to >= leaving.indexOf(stage);
  const workload = workloadOf(world);
  const begun = workload === undefined ? 'everything that it made goes with it' : `traffic goes back to ${workload}`;
  return [
    ...(passes('Returning') ? [normal('Terminating', `the Rollout is being deleted: ${begun}`)] : []),
    ...(passes('Unpinning') && isThere(world)
      ? [normal('Terminating', `${workload} serves again, with ${world.workload?.readyReplicas ?? 0} pods`)]
      : []),
    ...(passes('Unpinning') ? keptConfigs(world, after.stableRevision) : []),
    ...(passes('Removing') && isThere(world)
      ? [normal('Terminating', `Service ${spec.service.name} is given back, the TrafficSplit is gone; the revisions are removed`)]
      : []),
  ];
}

function keptConfigs(world: World, revision: string): readonly Notice[] {
  const kept = world.workload?.kept ?? [];
  if (kept.length === 0) return [];
  const pieces = kept.map(({ kind, name }) => `${kind} ${keptConfigName(name, revision)} in place of ${name}`).join(', ');
  const message = `${workloadOf(world)} reads ${pieces}: what has changed there since the stable revision was released is not approved; when it is to serve, put the name back into the template`;
  return [{ severity: 'Warning', reason: 'ConfigKept', message }];
}

const isThere = ({ workload }: World): boolean => workload !== undefined && !workload.isDeleting;

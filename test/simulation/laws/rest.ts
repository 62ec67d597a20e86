import { endingOf } from '../play/ending.ts';
import type { Law, Run, SeenCommit } from '../play/run.ts';
import { endsAs } from '../play/settled.ts';
import { workloadNamed } from '../workloads/index.ts';
import { differenceOf, endStateOf } from './end-state.ts';
import { type DeploymentSeen, isStalled, podsFor, type RolloutSeen, reasonsOf, revisionName, weightIn } from './seen.ts';
import { type Witness, witnessOf } from './witness.ts';

const subjectOf = (witness: Witness, { subject }: Run): RolloutSeen | undefined =>
  witness.get('Rollout', `${subject.namespace}/${subject.rollout}`) as unknown as RolloutSeen | undefined;

const imageOf = (deployment: DeploymentSeen | undefined): string | undefined => deployment?.spec.template.spec?.containers?.[0]?.image;

export const comesToRest: Law = {
  id: 'L1',
  text: 'Once nothing changes any more it ends as the workload must, with all traffic on the image that it must have, on as many ready pods as are wanted; and then nothing is written but leases.',
  watch(run, judge) {
    const witness = witnessOf(run);
    let restedAt = 0;
    return {
      onRest() {
        restedAt = run.commits.length;
        const ending = endingOf(run);
        const rollout = subjectOf(witness, run);
        const { phase, message } = rollout?.status ?? {};
        if (!endsAs(run, ending))
          return judge(`it ends ${phase ?? 'without a phase'} (${message ?? ''}), not ${ending.phases.join(' or ')}`);
        return judge(wrongTraffic(witness, run, rollout, ending.image));
      },
      atEnd() {
        const late = run.commits.slice(restedAt).find((commit) => !isNewsOf(commit, run.commits, restedAt));
        return judge(late === undefined ? undefined : `at rest, ${late.by?.replica.identity} writes ${late.object.kind} ${late.key}`);
      },
    };
  },
};

const reportedMs = 30_000;

/**
 * Whether a write at rest only says what the cluster has done by itself: a node that comes back after five minutes makes pods ready, and the
 * status counts them. A controller that keeps itself busy is found by the first of its writes, before which nobody else has written.
 */
function isNewsOf({ by, object, atMs, revision }: SeenCommit, commits: readonly SeenCommit[], from: number): boolean {
  if (by === undefined || object.kind === 'Lease') return true;
  return commits
    .slice(from)
    .some(
      (other) => other.by === undefined && other.object.kind !== 'Event' && other.revision < revision && atMs - other.atMs < reportedMs,
    );
}

function wrongTraffic(witness: Witness, { subject }: Run, rollout: RolloutSeen | undefined, image: string | undefined): string | undefined {
  if (image === undefined) return undefined;
  const workload = witness.get('Deployment', `${subject.namespace}/${rollout?.spec.workloadRef?.name ?? subject.rollout}`) as unknown as
    | DeploymentSeen
    | undefined;
  if (rollout === undefined)
    return workload === undefined || imageOf(workload) === image ? undefined : `the workload runs ${imageOf(workload)}, not ${image}`;
  const stable = rollout.status?.stableRevision ?? '';
  const deployment = witness.deploymentOf(rollout, stable);
  if (imageOf(deployment) !== image) return `${imageOf(deployment)} is stable, not ${image}`;
  const weight = weightIn(witness.splitOf(rollout), revisionName(rollout, stable));
  if (weight !== 100) return `stable has ${weight} % in the split`;
  const [ready, wanted] = [deployment?.status?.readyReplicas ?? 0, podsFor(rollout, 100, rollout.spec.replicas ?? 1)];
  return ready >= wanted ? undefined : `${ready} of ${wanted} pods of stable are ready`;
}

export const newTemplatesStart: Law = {
  id: 'L5',
  text: 'At rest, the template that is asked for is the canary’s or stable’s, whatever became of the one before it; or the Rollout is Stalled and says why.',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onRest() {
        for (const uid of witness.rolloutUids()) {
          const rollout = witness.rollout(uid);
          if (rollout?.status === undefined || rollout.metadata.deletionTimestamp !== undefined) continue;
          const { namespace, name } = rollout.metadata;
          const wanted =
            rollout.spec.workloadRef === undefined
              ? rollout.spec
              : (witness.get('Deployment', `${namespace}/${rollout.spec.workloadRef.name}`)?.spec as unknown);
          const image = imageOf(
            wanted === undefined ? undefined : ({ metadata: rollout.metadata, spec: wanted } as unknown as DeploymentSeen),
          );
          const { canaryRevision, stableRevision, phase } = rollout.status;
          if (image === undefined || (isStalled(rollout.status) && phase !== 'RolledBack')) continue;
          // Somebody has deleted what was rolled back: nothing shows any more which image it was.
          if (phase === 'RolledBack' && witness.deploymentOf(rollout, canaryRevision ?? '') === undefined) continue;
          const runs = [canaryRevision, stableRevision].map((revision) => imageOf(witness.deploymentOf(rollout, revision ?? '')));
          const what = judge(
            runs.includes(image)
              ? undefined
              : `${name} asks for ${image}, and ${runs.join(' and ')} run (${reasonsOf(rollout.status).join(', ')})`,
          );
          if (what !== undefined) return what;
        }
        return undefined;
      },
    };
  },
};

/** What is lost in a watch is seen at the next safety relist (src/kube/watch-machine.ts); what waits in a back-off, half a minute later. */
const resyncMs = 45 * 60_000;

export const heals: Law = {
  id: 'L6',
  text: 'Whatever events were dropped, streams silent or reads old: once the faults are over it ends as it must within a resync (45 minutes: a safety relist is due 36 minutes after the last list at most, and begins where a watch of up to 8 minutes ends) and the time that the workload takes, without a restart. (A version whose pods go on crashing, to the end, never comes to rest; L1 says whether it may be there.)',
  watch(run, judge) {
    const witness = witnessOf(run);
    let crashedAtMs = Number.NEGATIVE_INFINITY;
    return {
      onCommit({ object, previous }) {
        if (object.kind === 'Lease') void witness.healedAtMs;
        if (object.kind === 'Pod' && restartsOf(object) > restartsOf(previous)) crashedAtMs = run.elapsedMs();
        return undefined;
      },
      onRest() {
        const workload = workloadNamed(run.plan.workload);
        const tookMs = run.elapsedMs() - (witness.healedAtMs ?? run.elapsedMs());
        const boundMs = resyncMs + workload.lengthMs;
        if (!endsAs(run, endingOf(run)) || run.elapsedMs() - crashedAtMs < crashingMs) return undefined;
        return judge(tookMs > boundMs ? `it took ${Math.round(tookMs / 1_000)} s to end as it must` : undefined);
      },
    };
  },
};

/** The longest back-off of a workload's pods, and the time until they crash again. */
const crashingMs = 60_000;

const restartsOf = (pod: SeenCommit['previous']): number => {
  const { containerStatuses = [] } = (pod?.status ?? {}) as { readonly containerStatuses?: readonly { readonly restartCount?: number }[] };
  return containerStatuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
};

/** Faults that change what a controller is told and when, and nothing of the cluster, the release or people. */
const invisible = ['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F10', 'F11', 'F19'];

export const anyScheduleEndsAlike: Law = {
  id: 'L9',
  text:
    'With faults that touch only the controller and its way to the API server the end is that of the same run without faults: the same objects with the same shares, counts and phases, and as many creations and removals of each. ' +
    '(Judged where the player is given the end of the run without faults.)',
  watch: (run, judge) => ({
    onRest() {
      const { reference } = run;
      const isTouched = Object.keys(run.strikes).some((kind) => !invisible.includes(kind));
      if (reference === undefined || isTouched) return undefined;
      return judge(differenceOf(reference, endStateOf(run)));
    },
  }),
};

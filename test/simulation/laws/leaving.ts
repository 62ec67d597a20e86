import type { Law } from '../play/run.ts';
import {
  type DeploymentSeen,
  finalizer,
  isStalled,
  ownerOf,
  type RolloutSeen,
  revisionLabel,
  revisionOf,
  rolloutUidMark,
  type ServiceSeen,
  seenAs,
  splitChange,
  weightIn,
} from './seen.ts';
import { staleMs, type Witness, witnessOf } from './witness.ts';

export const nothingLeftBehind: Law = {
  id: 'I35',
  text:
    'While a Rollout is being deleted no weight but stable’s rises. A controller takes its finalizer off once, and only when its split and revisions are gone, the root Service is unpinned, and the workload is unpaused and (where it is wanted and there) serves with pods of stable’s template. ' +
    'What requests were lost on the way is for the oracle to say (I0).',
  watch(run, judge) {
    const witness = witnessOf(run);
    const freed = new Set<string>();
    return {
      onCommit(commit) {
        const shift = splitChange(commit);
        if (shift?.isOurs === true) {
          const rollout = witness.rolloutOfSplit(shift.split);
          const { stableRevision = '' } = rollout?.status ?? {};
          if (rollout?.metadata.deletionTimestamp === undefined) return undefined;
          const risen = (shift.split.spec?.backends ?? []).find(
            ({ service, weight = 0 }) => !service.endsWith(`-${stableRevision}`) && weight > weightIn(shift.before, service),
          );
          // Sent before anybody had heard of the deletion.
          const isLate = run.sim.clock.nowMs() - Date.parse(rollout.metadata.deletionTimestamp) > staleMs(run) + 1_000;
          return judge(risen !== undefined && isLate ? `${risen.service} rises to ${risen.weight} % in a deletion` : undefined);
        }
        const { object, previous, by, type } = commit;
        if (object.kind !== 'Rollout' || by === undefined || type === 'ADDED') return undefined;
        const had = previous?.metadata.finalizers?.includes(finalizer) === true;
        const has = type !== 'DELETED' && object.metadata.finalizers?.includes(finalizer) === true;
        if (!had || has) return undefined;
        const { uid } = object.metadata;
        if (freed.has(uid)) return judge('the finalizer is taken off twice');
        freed.add(uid);
        return judge(leftOf(witness, object as unknown as RolloutSeen, staleMs(run)));
      },
    };
  },
};

/** What is left of a Rollout that is to go, in words. */
function leftOf(witness: Witness, rollout: RolloutSeen, lookbackMs: number): string | undefined {
  const { uid, namespace = '' } = rollout.metadata;
  const own = ['Deployment', 'Service', 'ConfigMap', 'Secret'].flatMap((kind) =>
    witness.list(kind, namespace).filter((each) => ownerOf(each) === uid),
  );
  const left = own.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (left !== undefined) return `${left.kind} ${left.metadata.name} is left`;
  const split = witness.list('TrafficSplit', namespace).find(({ metadata }) => metadata.annotations?.[rolloutUidMark] === uid);
  if (split !== undefined) return `the split ${split.metadata.name} is left`;
  const root = seenAs<ServiceSeen>(witness.get('Service', `${namespace}/${rollout.spec.service.name}`));
  const pin = root?.spec.selector?.[revisionLabel];
  if (pin !== undefined && pin === rollout.status?.stableRevision) return 'the root Service is still pinned';
  const { workloadRef, replicas = 1 } = rollout.spec;
  const workload =
    workloadRef === undefined ? undefined : seenAs<DeploymentSeen>(witness.get('Deployment', `${namespace}/${workloadRef.name}`));
  if (workload === undefined || rollout.status?.stableRevision === undefined) return undefined;
  if (workload.spec.paused === true) return 'the workload is paused';
  if (replicas === 0) return undefined;
  if (workload.spec.replicas === 0) return 'the workload has no replicas';
  const isServing = root === undefined || witness.mostReady(`${namespace}/${rollout.spec.service.name}`, lookbackMs) > 0;
  return isServing ? undefined : 'the root Service has no ready endpoint';
}

export const deletionsEnd: Law = {
  id: 'L8',
  text: 'At rest, a Rollout whose deletion was asked for and that carries our finalizer says what holds it: Stalled, with a reason.',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onRest() {
        for (const uid of witness.rolloutUids()) {
          const rollout = witness.rollout(uid);
          if (rollout?.metadata.deletionTimestamp === undefined || rollout.metadata.finalizers?.includes(finalizer) !== true) continue;
          const what = judge(
            isStalled(rollout.status ?? {})
              ? undefined
              : `Rollout ${rollout.metadata.name} is still being deleted: ${rollout.status?.message ?? ''}`,
          );
          if (what !== undefined) return what;
        }
        return undefined;
      },
    };
  },
};

export const noLeftovers: Law = {
  id: 'L10',
  text:
    'At the end nothing is left over: of a Rollout that is gone no object, split or run; of one at rest no pods but stable’s (and a rolled back canary’s none), no revisions beyond its history, and no run that is not over. ' +
    '(Heap and timers: the soak of bench/.)',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      atEnd() {
        for (const uid of witness.rolloutUids()) {
          const what = judge(leftovers(witness, uid, run.subject.namespace));
          if (what !== undefined) return what;
        }
        return undefined;
      },
    };
  },
};

function leftovers(witness: Witness, uid: string, namespace: string): string | undefined {
  const rollout = witness.rollout(uid);
  const own = (kind: string) => witness.list(kind, rollout?.metadata.namespace ?? namespace).filter((each) => ownerOf(each) === uid);
  if (rollout === undefined) {
    const left = ['Deployment', 'Service', 'ConfigMap', 'Secret', 'AnalysisRun', 'TrafficSplit'].flatMap(own)[0];
    return left === undefined ? undefined : `${left.kind} ${left.metadata.name} of a Rollout that is gone`;
  }
  const { phase, stableRevision, canaryRevision } = rollout.status ?? {};
  if (phase !== 'Healthy' && phase !== 'RolledBack') return undefined;
  const deployments = own('Deployment').map((object) => object as unknown as DeploymentSeen);
  const warm = deployments.find(
    (deployment) => revisionOf(deployment) !== stableRevision && (deployment.spec.replicas > 0 || (deployment.status?.replicas ?? 0) > 0),
  );
  if (warm !== undefined) return `${warm.metadata.name} still has ${warm.spec.replicas} pods, and stable is ${stableRevision}`;
  const old = deployments.filter((deployment) => ![stableRevision, canaryRevision].includes(revisionOf(deployment)));
  const limit = rollout.spec.revisionHistoryLimit ?? 5;
  if (old.length > limit) return `${old.length} old revisions, and ${limit} are kept`;
  const open = own('AnalysisRun').find(({ status }) => {
    const { phase: runPhase = 'Pending' } = (status ?? {}) as { phase?: string };
    return runPhase === 'Pending' || runPhase === 'Running';
  });
  return open === undefined ? undefined : `${open.metadata.name} is not over`;
}

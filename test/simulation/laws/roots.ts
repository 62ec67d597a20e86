import type { ApiObject } from '../../../src/sandbox/api/index.ts';
import type { Law, SeenCommit } from '../play/run.ts';
import {
  isSplit,
  isStalled,
  ownerOf,
  type RolloutSeen,
  reasonsOf,
  revisionLabel,
  revisionName,
  rolloutUidMark,
  type ServiceSeen,
  type SplitSeen,
  seenAs,
} from './seen.ts';
import { staleMs, type Witness, witnessOf } from './witness.ts';

const selectedBy = (object: ApiObject | undefined): string | undefined => seenAs<ServiceSeen>(object)?.spec.selector?.[revisionLabel];

function rolloutsIn(witness: Witness, namespace: string): readonly RolloutSeen[] {
  return [...witness.rolloutUids()].flatMap((uid) => {
    const rollout = witness.rollout(uid);
    return rollout !== undefined && rollout.metadata.namespace === namespace ? [rollout] : [];
  });
}

export const safeWithoutSplit: Law = {
  id: 'I9',
  text:
    'Where the root Service carries our pin it selects stable: a controller pins it to nothing else, and only to a revision with a ready endpoint (where any pod is wanted); ' +
    'at rest it selects stable still. A controller removes a split only of a Rollout that is being deleted, and while the root Service itself has ready endpoints ' +
    '(or nothing is left behind). Unpinned roots (a foreign applier of the selector, Never, OSM) follow the contract in selecting all pods.',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onCommit({ object, previous, type, by }) {
        if (by === undefined) return undefined;
        const { namespace = '', name } = object.metadata;
        if (isSplit(object) && type === 'DELETED') {
          const split = object as unknown as SplitSeen;
          const rollout = witness.rolloutOfSplit(split);
          if (rollout?.metadata.deletionTimestamp === undefined) return judge(`the split ${name} of a living Rollout is removed`);
          const isEmpty = rollout.spec.workloadRef === undefined || (rollout.spec.replicas ?? 1) === 0;
          const root = `${namespace}/${split.spec?.service ?? ''}`;
          const isThere =
            witness.get('Service', root) !== undefined &&
            witness.get('Deployment', `${namespace}/${rollout.spec.workloadRef?.name}`) !== undefined;
          return judge(
            !isEmpty && isThere && witness.mostReady(root, staleMs(run)) === 0
              ? `the split ${name} is removed, and ${root} has no endpoint`
              : undefined,
          );
        }
        if (object.kind !== 'Service' || type === 'DELETED' || object.metadata.labels?.[revisionLabel] !== undefined) return undefined;
        const selected = selectedBy(object);
        if (selected === undefined || selected === selectedBy(previous)) return undefined;
        const rollouts = rolloutsIn(witness, namespace).filter(({ spec }) => spec.service.name === name);
        // Of several the older one has it, and the others say so.
        const rollout = rollouts.find(({ status }) => !reasonsOf(status ?? {}).includes('ServiceClaimed')) ?? rollouts[0];
        if (rollout === undefined) return judge(`Service ${name} of no Rollout is pinned`);
        if (selected !== rollout.status?.stableRevision)
          return judge(`${name} selects ${selected}, and stable is ${rollout.status?.stableRevision}`);
        const isNeeded = (rollout.spec.replicas ?? 1) > 0 && (rollout.status.phase === 'Initializing' || type === 'MODIFIED');
        const ready = witness.mostReady(`${namespace}/${revisionName(rollout, selected)}`, staleMs(run));
        return judge(
          isNeeded && ready === 0 && previous !== undefined ? `${name} selects ${selected}, which has no ready endpoint` : undefined,
        );
      },
      onRest() {
        for (const uid of witness.rolloutUids()) {
          const rollout = witness.rollout(uid);
          const { phase, stableRevision } = rollout?.status ?? {};
          if (rollout === undefined || (phase !== 'Healthy' && phase !== 'RolledBack')) continue;
          const selected = selectedBy(witness.get('Service', `${rollout.metadata.namespace}/${rollout.spec.service.name}`));
          const wrong = selected !== undefined && selected !== stableRevision && !reasonsOf(rollout.status ?? {}).includes('Contended');
          const what = judge(wrong ? `at rest the root Service selects ${selected}, and stable is ${stableRevision}` : undefined);
          if (what !== undefined) return what;
        }
        return undefined;
      },
    };
  },
};

const unowned = new Set(['Lease', 'Event', 'Namespace', 'Rollout', 'Decision']);

export const onlyItsOwn: Law = {
  id: 'I10',
  text:
    'A controller writes only what belongs to a Rollout: the Rollout, what it owns as controller, its split, its workload (count, pause, and at deletion the template) and its root Service ' +
    '(our key of the selector; ports of one that it made); at deletion it leaves the workload what stable read. It takes over nothing that has another owner, deletes nothing that is not its own, and one Rollout has one split at most.',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onCommit(commit) {
        if (commit.by === undefined || unowned.has(commit.object.kind)) return undefined;
        return judge(isSplit(commit.object) ? wrongSplit(witness, commit) : stranger(witness, commit));
      },
    };
  },
};

function wrongSplit(witness: Witness, { object, previous, type, key }: SeenCommit): string | undefined {
  const uid = object.metadata.annotations?.[rolloutUidMark];
  const owner = ownerOf(object) ?? uid;
  if (uid === undefined || owner !== uid) return `the split ${key} is written without the mark of its Rollout`;
  const was = previous?.metadata.annotations?.[rolloutUidMark];
  const isLiving = was !== undefined && was !== uid && witness.rollout(was) !== undefined;
  if (isLiving) return `the split ${key} of another Rollout is taken over`;
  if (type !== 'ADDED') return undefined;
  const { service } = (object as unknown as SplitSeen).spec ?? {};
  const others = witness
    .list('TrafficSplit', object.metadata.namespace ?? '')
    .filter((other) => other.metadata.name !== object.metadata.name && (other as unknown as SplitSeen).spec?.service === service);
  return others.length === 0 ? undefined : `a second split of ${service}: ${others.map(({ metadata }) => metadata.name).join(', ')}`;
}

function stranger(witness: Witness, { object, previous, type, key }: SeenCommit): string | undefined {
  const before = previous?.metadata.ownerReferences?.find(({ controller }) => controller === true);
  const owner = type === 'DELETED' ? before?.uid : ownerOf(object);
  if (before !== undefined && type !== 'DELETED' && ownerOf(object) !== before.uid) return `${object.kind} ${key} is taken from its owner`;
  if (owner !== undefined && (witness.rollout(owner) !== undefined || type === 'DELETED')) return undefined;
  const { namespace = '', name } = object.metadata;
  const rollouts = rolloutsIn(witness, namespace);
  if (object.kind === 'AnalysisRun') return undefined;
  if (type === 'ADDED' && rollouts.some((rollout) => isKeptFor(rollout, object))) return undefined;
  if (type !== 'DELETED' && object.kind === 'Deployment' && rollouts.some(({ spec }) => spec.workloadRef?.name === name)) return undefined;
  const isRoot = object.kind === 'Service' && rollouts.some(({ spec }) => spec.service.name === name);
  if (isRoot && type === 'MODIFIED') return otherFields(previous, object);
  return `${object.kind} ${key} is nobody’s, and is ${type === 'DELETED' ? 'deleted' : 'written'}`;
}

/** What stable read, left to the workload that goes on reading it: it has that owner, and no other. */
function isKeptFor({ metadata, spec, status }: RolloutSeen, { kind, metadata: { name, ownerReferences = [] } }: ApiObject): boolean {
  const isConfig = kind === 'ConfigMap' || kind === 'Secret';
  const isOfWorkload = ownerReferences.length === 1 && ownerReferences[0]?.name === spec.workloadRef?.name;
  const isStable = status?.stableRevision !== undefined && name.endsWith(`-kept-${status.stableRevision}`);
  return isConfig && isStable && isOfWorkload && metadata.deletionTimestamp !== undefined;
}

/** Of a root Service of the user’s only our key of the selector is ours. */
function otherFields(previous: ApiObject | undefined, object: ApiObject): string | undefined {
  const bare = (service: ApiObject | undefined) => {
    const spec = (service?.spec ?? {}) as { selector?: Readonly<Record<string, string>> };
    return JSON.stringify({ ...spec, selector: { ...spec.selector, [revisionLabel]: undefined } });
  };
  return bare(previous) === bare(object) ? undefined : `more than our key of Service ${object.metadata.name} is changed`;
}

/** Rollouts that say themselves that they cannot go on. */
export const isStuck = ({ status }: RolloutSeen): boolean => isStalled(status ?? {});

import type { Law, Run, SeenCall, SeenCommit } from '../play/run.ts';
import { Given } from './given.ts';
import {
  type DeploymentSeen,
  isPromotion,
  keyOf,
  maxLagMs,
  msOf,
  ownerOf,
  PerKey,
  podsFor,
  type RolloutSeen,
  revisionLabel,
  revisionName,
  revisionOf,
  splitChange,
  statusChange,
  weightIn,
} from './seen.ts';
import { clockErrorMs, staleMs, type Witness, witnessOf } from './witness.ts';

/** A controller takes pods of a revision away, by fewer replicas or by deleting it. */
interface ScaleDown {
  readonly rollout: RolloutSeen;
  readonly revision: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

function scaleDown(witness: Witness, { object, previous, type, by }: SeenCommit): ScaleDown | undefined {
  if (object.kind !== 'Deployment' || by === undefined || previous === undefined) return undefined;
  const revision = revisionOf(object);
  const rollout = witness.rollout(ownerOf(object));
  if (revision === undefined || rollout === undefined) return undefined;
  const from = (previous as unknown as DeploymentSeen).spec.replicas;
  const to = type === 'DELETED' ? 0 : (object as unknown as DeploymentSeen).spec.replicas;
  return to < from || type === 'DELETED' ? { rollout, revision, name: object.metadata.name, from, to } : undefined;
}

const isUnderWay = ({ status }: RolloutSeen): boolean => status?.canaryRevision !== undefined && status.phase !== 'RolledBack';

export const podsBeforeTraffic: Law = {
  id: 'I5',
  text:
    'A controller gives the canary more weight only where, not longer ago than a watch may lag, its Service had the ready endpoints that the weight needs; the ' +
    'first split of an adoption only where stable had one. (A cut waits for nothing: design.md, law 2, so that stable’s rise is not judged.)',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onCommit(commit) {
        const change = splitChange(commit);
        if (change?.isOurs !== true) return undefined;
        const rollout = witness.rolloutOfSplit(change.split);
        if (rollout === undefined) return undefined;
        const { stableRevision = '', canaryRevision = '', phase } = rollout.status ?? {};
        const [stable, canary] = [revisionName(rollout, stableRevision), revisionName(rollout, canaryRevision)];
        const { namespace = '' } = rollout.metadata;
        const replicas = Math.min(rollout.spec.replicas ?? 1, witness.seenReplicas(rollout.metadata.uid) ?? Number.POSITIVE_INFINITY);
        const most = (service: string) => witness.mostReady(`${namespace}/${service}`, staleMs(run));
        if (phase === 'Initializing' && change.before === undefined)
          return judge(replicas > 0 && most(stable) < 1 ? `${stable} gets all traffic without a ready endpoint` : undefined);
        const weight = weightIn(change.split, canary);
        if (canaryRevision === '' || weight <= weightIn(change.before, canary)) return undefined;
        const needed = Math.max(1, podsFor(rollout, weight, replicas));
        return judge(most(canary) < needed ? `${canary} gets ${weight} % with ${most(canary)} of ${needed} endpoints ready` : undefined);
      },
    };
  },
};

export const podsOutlastTraffic: Law = {
  id: 'I6',
  text:
    'No controller takes away pods of a revision below what it needs for the weight that the stored split gives it, that the object of the mesh’s adapter gives it ' +
    '(however old, and with the split gone: a controller can read it), or that a proxy of the data plane still gives it; nor its Service. A proxy that is further ' +
    'behind than the Rollout’s maxLag, since the split or that object last gave such a share or, where it never did, last changed or went, has broken its own bound, and is not counted; whoever takes the pods counts that by its own clock, ' +
    'which may go a little too fast (F9). Where a deletion leaves no workload ' +
    'behind everything goes (api.md 1.1), and with it what could be sent to.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const given = new Given();
    const sharesNow = (rollout: RolloutSeen, name: string, by: SeenCall): number => {
      const stored = Math.max(weightIn(witness.splitOf(rollout), name), witness.toldShare(rollout, name));
      const { namespace = '' } = rollout.metadata;
      const share = witness.mostShare(namespace, rollout.spec.service.name, name);
      const toldMs = given.lastMs(namespace, name, share) ?? witness.toldMs(rollout);
      const isWithinLag = toldMs === undefined || witness.passedMs(toldMs, run.elapsedMs(), by) <= maxLagMs(rollout);
      return Math.max(stored, isWithinLag ? share : 0);
    };
    return {
      onCommit(commit) {
        const { object, type, by } = commit;
        witness.noteClocks(commit);
        given.note(commit);
        if (object.kind === 'Service' && type === 'DELETED' && by !== undefined) {
          const rollout = witness.rollout(ownerOf(object));
          if (rollout === undefined || revisionOf(object) === undefined) return undefined;
          if (leavesNothing(witness, rollout)) return judge(undefined);
          const share = sharesNow(rollout, object.metadata.name, by);
          return judge(share > 0 ? `Service ${object.metadata.name} goes with ${share} % of the traffic` : undefined);
        }
        const down = scaleDown(witness, commit);
        if (down === undefined || by === undefined) return undefined;
        if (leavesNothing(witness, down.rollout)) return judge(undefined);
        const share = sharesNow(down.rollout, down.name, by);
        const needed = podsFor(down.rollout, share, down.rollout.spec.replicas ?? 1);
        return judge(
          down.to < needed ? `${down.name} from ${down.from} to ${down.to} pods at ${share} %, which needs ${needed}` : undefined,
        );
      },
    };
  },
};

function leavesNothing(witness: Witness, { metadata, spec }: RolloutSeen): boolean {
  const { workloadRef } = spec;
  const isThere = workloadRef !== undefined && witness.get('Deployment', `${metadata.namespace ?? ''}/${workloadRef.name}`) !== undefined;
  return metadata.deletionTimestamp !== undefined && !isThere;
}

export const stableKeepsItsPods: Law = {
  id: 'I7',
  text:
    'While a canary is on its way, an abort included, no controller scales stable below all of the traffic: the most replicas that were asked for since the run ' +
    'began (as far as the controller has seen them).',
  watch(run, judge) {
    const witness = witnessOf(run);
    const floors = new PerKey<{ of: string; floor: number }>(() => ({ of: '', floor: 0 }));
    return {
      onCommit(commit) {
        const change = statusChange(commit);
        if (change !== undefined) {
          const { canaryRevision = '', run: begun } = change.after;
          const state = floors.of(change.uid);
          const of = `${canaryRevision} ${begun?.startedAt ?? ''}`;
          state.floor = Math.max(state.of === of ? state.floor : 0, change.rollout.spec.replicas ?? 0);
          state.of = of;
          return undefined;
        }
        const down = scaleDown(witness, commit);
        if (down === undefined || down.revision !== down.rollout.status?.stableRevision) return undefined;
        if (!isUnderWay(down.rollout) || down.rollout.status.phase === 'Terminating') return undefined;
        const { floor } = floors.of(down.rollout.metadata.uid);
        return judge(down.to < floor ? `stable from ${down.from} to ${down.to} pods, ${floor} are wanted` : undefined);
      },
    };
  },
};

interface Window {
  openedMs: number | undefined;
  /** Until when clients of the root Service may be with the pods that it selected before. */
  selectedUntilMs: number;
  selected: string | undefined;
}

export const oneThingAtATime: Law = {
  id: 'I8',
  text:
    'From a changed weight until status says that it is confirmed no controller changes the selector of the root Service or takes pods of a revision away; and for ' +
    'maxLag after it changed that selector it takes none of the revision that was selected. (Selectors of revisions never change: I1. What a stranger changed is put right at once, ' +
    'so is the selector once after somebody else edited `pinSelector`, and stable may follow its autoscaler.)',
  watch(run, judge) {
    const witness = witnessOf(run);
    const windows = new PerKey<Window>(() => ({ openedMs: undefined, selectedUntilMs: 0, selected: undefined }));
    const strange = new PerKey<{ isForeign: boolean }>(() => ({ isForeign: false }));
    /** Rollouts of which somebody asked for another selector, which the controller has not changed since. */
    const asked = new Set<string>();
    return {
      onCommit(commit) {
        const { object, previous, by, type, atMs } = commit;
        if (object.kind === 'Rollout' && by === undefined && previous !== undefined && pinOf(object) !== pinOf(previous))
          asked.add(object.metadata.uid);
        const status = statusChange(commit);
        if (status !== undefined) {
          if (status.after.weight?.confirmedAt !== undefined || status.after.weight === undefined)
            windows.of(status.uid).openedMs = undefined;
          return undefined;
        }
        const change = splitChange(commit);
        if (change !== undefined) {
          const rollout = witness.rolloutOfSplit(change.split);
          const isShift = witness.shifts(keyOf(change.split)).at(-1)?.atMs === atMs;
          if (change.isOurs && rollout !== undefined && isShift) windows.of(rollout.metadata.uid).openedMs ??= atMs;
          return undefined;
        }
        if (object.kind === 'TrafficSplit') {
          const rollout = witness.rollout(ownerOf(object));
          if (rollout !== undefined) windows.of(rollout.metadata.uid).openedMs = undefined;
          return undefined;
        }
        if (object.kind === 'Service' && type === 'MODIFIED') {
          const [was, is] = [selectedBy(previous), selectedBy(object)];
          const { isForeign } = strange.of(commit.key);
          if (was !== is) strange.of(commit.key).isForeign = by === undefined;
          if (was === is || by === undefined) return undefined;
          const rollout = rolloutOfRoot(witness, object.metadata.namespace ?? '', object.metadata.name);
          if (rollout === undefined) return undefined;
          const window = windows.of(rollout.metadata.uid);
          const isAsked = asked.delete(rollout.metadata.uid);
          window.selected = was;
          window.selectedUntilMs = atMs + maxLagMs(rollout);
          return judge(
            window.openedMs === undefined || isForeign || isAsked
              ? undefined
              : `the selector of ${object.metadata.name} changes while a weight is open`,
          );
        }
        const down = scaleDown(witness, commit);
        if (down === undefined) return undefined;
        const window = windows.of(down.rollout.metadata.uid);
        if (window.selected === down.revision && atMs < window.selectedUntilMs && down.to < (down.rollout.spec.replicas ?? 1))
          return judge(`${down.name} goes from ${down.from} to ${down.to} pods right after the root Service left it`);
        const isAtScale = down.revision === down.rollout.status?.stableRevision && down.to >= (down.rollout.spec.replicas ?? 1);
        return judge(
          window.openedMs === undefined || isAtScale
            ? undefined
            : `${down.name} goes from ${down.from} to ${down.to} pods while a weight is open`,
        );
      },
    };
  },
};

const pinOf = (rollout: SeenCommit['previous']): string | undefined =>
  (rollout as unknown as RolloutSeen | undefined)?.spec.service.pinSelector;

const selectedBy = (service: SeenCommit['previous']): string | undefined =>
  (service?.spec as { selector?: Readonly<Record<string, string>> } | undefined)?.selector?.[revisionLabel];

function rolloutOfRoot(witness: Witness, namespace: string, service: string): RolloutSeen | undefined {
  for (const uid of witness.rolloutUids()) {
    const rollout = witness.rollout(uid);
    if (rollout?.metadata.namespace === namespace && rollout.spec.service.name === service) return rollout;
  }
  return undefined;
}

interface Old {
  revision: string | undefined;
  untilMs: number;
}

export const stableInPlace: Law = {
  id: 'I12',
  text:
    'What becomes stable is the canary itself, where it stands: it has all of the traffic in the stored split and the pods for it, and the revision before it ' +
    'keeps its pods until scaleDownDelay is over.',
  watch(run: Run, judge) {
    const witness = witnessOf(run);
    const old = new PerKey<Old>(() => ({ revision: undefined, untilMs: 0 }));
    return {
      onCommit(commit) {
        const change = statusChange(commit);
        if (change !== undefined) {
          const { rollout, uid, before, after } = change;
          if (after.canaryRevision !== undefined && after.canaryRevision === old.of(uid).revision) old.of(uid).revision = undefined;
          if (before.stableRevision === undefined || after.stableRevision === before.stableRevision || before.phase === 'Initializing')
            return undefined;
          old.of(uid).revision = before.stableRevision;
          old.of(uid).untilMs = commit.atMs + msOf(rollout.spec.strategy.canary.scaleDownDelay ?? '5m');
          if (!isPromotion(before, after))
            return judge(`${after.stableRevision} becomes stable, and the canary was ${before.canaryRevision}`);
          const name = revisionName(rollout, after.stableRevision ?? '');
          const weight = weightIn(witness.splitOf(rollout), name);
          const isEdited =
            commit.by !== undefined &&
            witness.shifts(`${rollout.metadata.namespace}/${witness.splitOf(rollout)?.metadata.name ?? ''}`).at(-1)?.by === undefined;
          if (weight !== 100 && !isEdited) return judge(`${name} becomes stable with ${weight} % in the split`);
          const asked = Math.min(rollout.spec.replicas ?? 1, witness.seenReplicas(uid) ?? Number.POSITIVE_INFINITY);
          const replicas = podsFor(rollout, 100, asked);
          const ready = witness.mostReady(`${rollout.metadata.namespace}/${name}`, staleMs(run));
          return judge(ready < replicas ? `${name} becomes stable with ${ready} of ${replicas} pods ready` : undefined);
        }
        const down = scaleDown(witness, commit);
        if (down === undefined || down.rollout.metadata.deletionTimestamp !== undefined) return undefined;
        const { revision, untilMs } = old.of(down.rollout.metadata.uid);
        if (revision !== down.revision || down.revision === down.rollout.status?.stableRevision) return undefined;
        return judge(
          down.to === 0 && commit.atMs < untilMs - 1_000 - clockErrorMs(run)
            ? `${down.name}, stable until now, loses its pods ${untilMs - commit.atMs} ms early`
            : undefined,
        );
      },
    };
  },
};

import type { LossRecord } from '../../../src/sandbox/index.ts';
import type { Law, Run, SeenCommit } from '../play/run.ts';
import { maxLagMs, type RolloutSeen, type SplitSeen, weightIn } from './seen.ts';
import { type Removal, type SplitVersionSeen, type Witness, witnessOf } from './witness.ts';

/** Who has lost a request, and by what. */
export interface Charge {
  readonly to: 'controller' | 'mesh' | 'pods' | 'others';
  readonly why: string;
}

export const noneLostByUs: Law = {
  id: 'I0',
  text:
    'Facts 1.2: each request that no pod answered is charged to whoever caused it, and none to a decision of a controller. A controller is charged where its split sent to a backend that had no endpoint, or had none for ' +
    'long enough for the data plane to know (maxLag), when it last gave it more than before, and where it took the last pods, or the Service, of a backend that the split gave traffic to within maxLag (by its own clock, which may go a little too fast). Pods that end by themselves, news that come later than maxLag, one of several pods (also of several Deployments) ' +
    'behind one Service (also where it is pinned to others before the news of the pods that went is due), a share that somebody else gave to a backend whose pods had been taken before, and what others wrote or deleted (a split that names what had gone before; a Rollout whose template goes with it), or asked for (no replicas at all: what is taken then, or is given traffic without any) are not its doing.',
  watch(run, judge) {
    const witness = witnessOf(run);
    let judged = 0;
    const look = (): string | undefined => {
      const losses = run.sandbox.oracle.losses();
      for (; judged < losses.length; judged += 1) {
        const loss = losses[judged];
        if (loss === undefined) break;
        const { to, why } = chargeOf(run, witness, loss);
        if (to === 'controller') {
          judged += 1;
          return judge(`${loss.count} requests to ${loss.backendService} lost (${loss.loss.kind}): ${why}`);
        }
        judge(undefined);
      }
      return undefined;
    };
    return {
      // Often enough, and seldom enough to cost nothing: leaders renew every other second.
      onCommit(commit) {
        witness.noteClocks(commit);
        return commit.object.kind === 'Lease' ? (look() ?? judge(undefined)) : undefined;
      },
      onRest: () => look() ?? judge(undefined),
      atEnd: look,
    };
  },
};

/** To whom the first of these requests is charged. */
export function chargeOf(run: Run, witness: Witness, record: LossRecord): Charge {
  const { loss, namespace, rootService, backendService } = record;
  const atMs = run.elapsedMs() - (run.sim.clock.nowMs() - record.fromMs);
  const rollout = rolloutOf(witness, namespace, rootService);
  const lagMs = rollout === undefined ? 10_000 : maxLagMs(rollout);
  const scene: Scene = {
    run,
    witness,
    rollout,
    lagMs,
    atMs,
    namespace,
    rootService,
    backend: backendService,
    version: record.splitVersion,
  };
  switch (loss.kind) {
    case 'crashed':
      return { to: 'pods', why: `${loss.pod} crashed` };
    case 'no-service':
      if (isGivenUp(scene, removalOf(scene, 'Service', rootService)?.atMs)) return givenUp;
      return charged(
        removerOf(scene, 'Service', rootService, rollout?.metadata.deletionTimestamp === undefined),
        'the root Service is gone',
      );
    case 'no-route':
    case 'no-backend': {
      const remover = removerOf(scene, 'Service', backendService, true);
      const removedMs = removalOf(scene, 'Service', backendService)?.atMs;
      if (remover !== undefined && isGivenUp(scene, removedMs)) return givenUp;
      if (isMadeAgain(scene, removedMs)) return { to: 'mesh', why: `Service ${backendService} was made again longer than maxLag ago` };
      if (remover !== undefined && !isLate(scene) && !isNamedAfter(scene, removedMs))
        return charged(remover, `Service ${backendService} was removed under traffic`);
      return bySplit(scene, `the split names ${backendService}, which the data plane cannot send to`);
    }
    case 'no-endpoints': {
      if (loss.last.length === 0) return bySplit(scene, `${backendService} had no endpoint yet`);
      const own = loss.last.filter(({ state }) => state !== 'stopped' && state !== 'terminating');
      if (own.length > 0) return { to: 'pods', why: `${own.map(({ pod, state }) => `${pod ?? 'a pod'} ${state}`).join(', ')}` };
      return byRemoval(scene, loss.last[0]?.pod);
    }
    case 'refused':
      if (loss.by.state === 'unknown' || (loss.by.state !== 'stopped' && loss.by.state !== 'terminating'))
        return { to: 'pods', why: `${loss.by.pod ?? loss.by.address} ${loss.by.state}` };
      return byRemoval(scene, loss.by.pod);
  }
}

interface Scene {
  readonly run: Run;
  readonly witness: Witness;
  readonly rollout: RolloutSeen | undefined;
  readonly lagMs: number;
  readonly atMs: number;
  readonly namespace: string;
  readonly rootService: string;
  readonly backend: string;
  /** In force in the proxy that lost it. */
  readonly version: string | undefined;
}

const charged = (by: 'controller' | 'others' | undefined, why: string): Charge => ({ to: by ?? 'others', why });

function rolloutOf(witness: Witness, namespace: string, service: string): RolloutSeen | undefined {
  for (const uid of witness.rolloutUids()) {
    const rollout = witness.rollout(uid);
    if (rollout?.metadata.namespace === namespace && rollout.spec.service.name === service) return rollout;
  }
  return undefined;
}

const isOf = (commit: SeenCommit, type: SeenCommit['type'], kind: string, key: string, untilMs: number): boolean =>
  commit.type === type && commit.object.kind === kind && commit.key === key && commit.atMs <= untilMs;

/** What deleted an object last, before the loss. */
const removalOf = ({ run, atMs, namespace }: Scene, kind: string, name: string): SeenCommit | undefined =>
  run.commits.findLast((commit) => isOf(commit, 'DELETED', kind, `${namespace}/${name}`, atMs));

function removerOf(scene: Scene, kind: string, name: string, isOurs: boolean): 'controller' | 'others' | undefined {
  const removal = removalOf(scene, kind, name);
  if (removal === undefined) return undefined;
  return removal.by !== undefined && isOurs ? 'controller' : 'others';
}

/** The backend's Service is there again since its removal, for longer than the data plane may lag. */
function isMadeAgain({ run, namespace, backend, atMs, lagMs }: Scene, removedMs: number | undefined): boolean {
  const madeMs = run.commits.findLast((commit) => isOf(commit, 'ADDED', 'Service', `${namespace}/${backend}`, atMs))?.atMs;
  return removedMs !== undefined && madeMs !== undefined && madeMs > removedMs && atMs - madeMs > lagMs;
}

/** The split that was in force was written when what it names had gone: not that removal sent requests there. */
function isNamedAfter({ witness, version }: Scene, removedMs: number | undefined): boolean {
  const written = witness.splitVersion(version);
  return written !== undefined && removedMs !== undefined && written.atMs > removedMs;
}

const givenUp: Charge = { to: 'others', why: 'the Rollout was deleted, and all that served with it' };

/** Of a Rollout with a template of its own nothing is left behind by its deletion (api.md 1.1). */
function isGivenUp({ run, namespace, rootService }: Scene, removedMs: number | undefined): boolean {
  if (removedMs === undefined) return false;
  const asItWas = run.commits.findLast(({ object, atMs }) => {
    if (object.kind !== 'Rollout') return false;
    const { metadata, spec } = object as unknown as RolloutSeen;
    return atMs <= removedMs && metadata.namespace === namespace && spec.service.name === rootService;
  })?.object as unknown as RolloutSeen | undefined;
  return asItWas?.metadata.deletionTimestamp !== undefined && asItWas.spec.workloadRef === undefined;
}

/** Sent where nobody was: by whoever wrote the split that was in force, unless the data plane had had its time to learn of the endpoints (of those since `sinceMs`). */
function bySplit(scene: Scene, why: string, sinceMs = 0): Charge {
  const { run, witness, version, namespace, backend, atMs, lagMs } = scene;
  const written = witness.splitVersion(version);
  if (written === undefined) return { to: 'others', why: `${why}, and no split says so` };
  if (written.by === undefined) return { to: 'others', why: `${why}, and somebody else wrote the split` };
  const madeMs = run.commits.findLast((commit) => isOf(commit, 'ADDED', 'Service', `${namespace}/${backend}`, atMs))?.atMs ?? 0;
  if (witness.longestReadyMs(`${namespace}/${backend}`, Math.max(madeMs, sinceMs), atMs) > lagMs)
    return { to: 'mesh', why: `${why} though it has had endpoints for longer than maxLag` };
  const given = givenBy(scene, written);
  const wasReady = witness.leastReady(`${namespace}/${backend}`, given.atMs - lagMs, given.atMs) > 0;
  // They were there when it was given traffic, for the time that the data plane needs: what became of them since is another matter.
  const removal = removalOf(scene, 'Service', backend);
  if (wasReady && removal !== undefined && removal.atMs > given.atMs)
    return charged(removal.by === undefined ? 'others' : 'controller', `${why}: its Service was deleted after the split had been written`);
  if (wasReady) return { to: 'pods', why: `${why}: they went after the split had been written` };
  if (isNoneWanted(scene, given.atMs)) return noneWanted;
  return { to: 'controller', why: `${why}, by ${written.by.replica.identity}` };
}

/** The write that last gave a backend more than it had: one that gives it less, or only claims the split, sends nothing there. */
function givenBy({ witness, namespace, rootService, rollout, backend }: Scene, written: SplitVersionSeen): SplitVersionSeen {
  const name = rollout?.spec.traffic?.smi?.splitName ?? rootService;
  const shifts = witness.shifts(`${namespace}/${name}`).filter(({ atMs, by }) => atMs <= written.atMs && by !== undefined);
  return shifts.findLast(({ split }, index) => weightIn(split, backend) > weightIn(shifts[index - 1]?.split, backend)) ?? written;
}

/** The last pods of a backend were taken away: too early where the split had given it traffic within maxLag. */
function byRemoval(scene: Scene, pod: string | undefined): Charge {
  const { witness, namespace, rootService, backend, atMs, version } = scene;
  const deployment = deploymentOf(pod ?? '');
  const removal = witness.removals(`${namespace}/${deployment}`).findLast((each) => each.atMs <= atMs);
  if (removal?.by === undefined) return { to: 'others', why: `${pod} was taken away` };
  if (isGivenUp(scene, removal.atMs)) return givenUp;
  if (backend !== rootService && isNamedAfter(scene, removal.atMs))
    return bySplit(scene, `the split names ${backend}, whose pods had been taken away`, removal.atMs);
  if (removal.left > 0 || hadOthers(scene, removal)) return { to: 'mesh', why: `${pod} ended before the data plane had heard of it` };
  if (isLate(scene)) return { to: 'mesh', why: `the data plane still sent to ${pod} later than maxLag after the split had changed` };
  if (isLateBy(scene, removal))
    return { to: 'others', why: `by the clock of ${by(removal)}, which is fast, maxLag had passed before ${pod} was taken` };
  if (isBehind(scene, removal))
    return { to: 'mesh', why: `${pod} had gone for longer than maxLag, and ${scene.backend} had other endpoints` };
  const written = witness.splitVersion(version);
  if (written !== undefined && written.by === undefined && written.atMs > removal.atMs)
    return { to: 'others', why: `somebody else wrote a split that sends to ${pod}, which was gone` };
  if (isNoneWanted(scene, removal.atMs)) return noneWanted;
  return { to: 'controller', why: `${pod} was taken away by ${by(removal)}, with traffic on it` };
}

const noneWanted: Charge = { to: 'others', why: 'somebody had asked for no replicas' };

/** The Rollout was at `replicas: 0` then, or not longer before than a watch may lag: nobody is to serve. */
function isNoneWanted({ run, rollout, lagMs }: Scene, atMs: number): boolean {
  const versions = run.commits.filter(
    ({ object, type, atMs: storedMs }) => type !== 'DELETED' && storedMs <= atMs && object.metadata.uid === rollout?.metadata.uid,
  );
  return versions.some(({ object }, index) => {
    const endMs = versions[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    return endMs >= atMs - lagMs && (object as unknown as RolloutSeen).spec.replicas === 0;
  });
}

/**
 * Others were endpoints of the backend when these pods were taken (behind an unpinned root Service: the workload's), for as long as the data plane needs to know them, and are.
 * A Service that is pinned anew meanwhile loses them as endpoints, yet not as pods: whichever of its states a data plane within maxLag goes by, it knows somebody who serves.
 */
function hadOthers({ witness, namespace, backend, atMs, lagMs }: Scene, removal: Removal): boolean {
  const [service, sinceMs] = [`${namespace}/${backend}`, removal.atMs - lagMs];
  return witness.hadSteadyPod(service, sinceMs, atMs) || witness.alwaysHadSomeOfNow(service, sinceMs, atMs);
}

/** The pod is gone, and the backend has had endpoints since, for longer than the data plane may lag. */
const isBehind = ({ witness, namespace, backend, atMs, lagMs }: Scene, removal: Removal): boolean =>
  atMs - removal.atMs > lagMs && witness.hadSteadyPod(`${namespace}/${backend}`, atMs - lagMs, atMs);

const by = ({ by: call }: Removal): string => call?.replica.identity ?? 'somebody';

/** `<deployment>-<replica set>-<pod>`. */
const deploymentOf = (pod: string): string => pod.split('-').slice(0, -2).join('-');

/** The stored split has sent nothing there for longer than the data plane may lag. The root Service’s own pods are sent to where there is none. */
function isLate(scene: Scene): boolean {
  const { run, namespace, rootService, backend, rollout, atMs, lagMs } = scene;
  const split = rollout?.spec.traffic?.smi?.splitName ?? rootService;
  if (backend === rootService) {
    const before = (commit: SeenCommit) =>
      commit.object.kind === 'TrafficSplit' && commit.key === `${namespace}/${split}` && commit.atMs <= atMs;
    if (run.commits.findLast(before)?.type === 'DELETED') return false;
    const made = run.commits.findLast((commit) => before(commit) && commit.type === 'ADDED');
    return made !== undefined && atMs - made.atMs > lagMs;
  }
  return atMs - awayMs(scene) > lagMs;
}

/** By the clock of whoever took the pods that was so already. */
const isLateBy = (scene: Scene, { atMs, by: call }: Removal): boolean =>
  call !== undefined && scene.backend !== scene.rootService && scene.witness.passedMs(awayMs(scene), atMs, call) > scene.lagMs;

/** When the stored split last ceased to send there, before the loss. */
function awayMs({ witness, namespace, rootService, backend, rollout, atMs }: Scene): number {
  const split = rollout?.spec.traffic?.smi?.splitName ?? rootService;
  const shifts = witness.shifts(`${namespace}/${split}`).filter((shift) => shift.atMs <= atMs);
  const sends = ({ split: version }: { readonly split: SplitSeen }) => weightIn(version, backend) > 0;
  const last = shifts.findLastIndex(sends);
  const sentMs = shifts[last]?.atMs ?? 0;
  const gone = witness.unsplits(`${namespace}/${split}`).filter((goneMs) => goneMs >= sentMs && goneMs <= atMs);
  return Math.min(shifts[last + 1]?.atMs ?? Number.POSITIVE_INFINITY, ...gone);
}

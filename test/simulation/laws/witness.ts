import type { ApiObject } from '../../../src/sandbox/api/index.ts';
import type { Replica } from '../../../src/simulation/index.ts';
import type { Run, SeenCall, SeenCommit } from '../play/run.ts';
import {
  type DeploymentSeen,
  isSplit,
  type PodSeen,
  type RolloutSeen,
  revisionName,
  rolloutUidMark,
  type SliceSeen,
  type SplitSeen,
  seenAs,
  sendsAlike,
  statusChange,
} from './seen.ts';

/** A change that takes pods away, or will: by a controller's call, or by somebody else. */
export interface Removal {
  readonly atMs: number;
  readonly by: SeenCall | undefined;
  /** Replicas that are left; a Deployment that is gone has none. */
  readonly left: number;
}

/** A version of a split. */
export interface SplitVersionSeen {
  readonly atMs: number;
  readonly by: SeenCall | undefined;
  readonly split: SplitSeen;
}

interface Readiness {
  readonly atMs: number;
  /** Addresses. */
  readonly ready: ReadonlySet<string>;
}

const nobody: Readiness = { atMs: 0, ready: new Set() };

const tables: Readonly<Record<string, string>> = {
  Rollout: 'sluice.dev/rollouts',
  AnalysisRun: 'sluice.dev/analysisruns',
  Decision: 'sluice.dev/decisions',
  AnalysisTemplate: 'sluice.dev/analysistemplates',
  ClusterAnalysisTemplate: 'sluice.dev/clusteranalysistemplates',
  TrafficSplit: 'split.smi-spec.io/trafficsplits',
  ServiceProfile: 'linkerd.io/serviceprofiles',
  VirtualService: 'networking.istio.io/virtualservices',
  Deployment: 'apps/deployments',
  EndpointSlice: 'discovery.k8s.io/endpointslices',
  Service: 'services',
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  Pod: 'pods',
};

/** Kinds that tell the data plane who gets what. */
const tells = new Set(['TrafficSplit', 'ServiceProfile', 'VirtualService']);
/** And those with which it is taken what it may still send to. */
const taken = new Set(['Deployment', 'Service']);

/** A leader renews its lease every other second; what is between two renewals that are further apart was served by nobody. */
const renewalMs = 3_500;
const secondMs = 1_000;

/** What is known of a run beside the objects as they are: built from the commits, as far as anybody asks. */
export class Witness {
  readonly #run: Run;
  #seen = 0;
  readonly #rollouts = new Map<string, string>();
  readonly #epochs = new Map<string, number>();
  readonly #slices = new Map<string, Map<string, readonly string[]>>();
  readonly #readiness = new Map<string, Readiness[]>();
  readonly #removals = new Map<string, Removal[]>();
  readonly #splits = new Map<string, SplitVersionSeen>();
  readonly #shifts = new Map<string, SplitVersionSeen[]>();
  /** When a split, `namespace/name`, was deleted, oldest first. */
  readonly #unsplits = new Map<string, number[]>();
  /** By `Kind namespace/name` of what adapters write: when it last changed. */
  readonly #told = new Map<string, number>();
  readonly #replicas = new Map<string, number>();
  readonly #deleted = new Set<string>();
  /** What was there before the controllers were started. */
  readonly #madeBefore = new Set<string>();
  /** By moment, what the monotonic clocks of the processes showed then. */
  readonly #clocks = new Map<number, ReadonlyMap<Replica, number>>();
  #lease: { readonly atMs: number; readonly holder: string } | undefined;
  #servedMs = 0;
  #healedAtMs: number | undefined;

  constructor(run: Run) {
    this.#run = run;
  }

  /** An object of a watched kind that was deleted at some time: whoever reads a little late does not see it, or still does. */
  wasAbsent(kind: string, key: string): boolean {
    this.#catchUp();
    return this.wasDeleted(kind, key) || !this.#madeBefore.has(`${kind} ${key}`);
  }

  wasDeleted(kind: string, key: string): boolean {
    this.#catchUp();
    return this.#deleted.has(`${kind} ${key}`);
  }

  get(kind: string, key: string): ApiObject | undefined {
    return this.#run.sandbox.server.store.get(tables[kind] ?? '', key);
  }

  list(kind: string, namespace: string): readonly ApiObject[] {
    return this.#run.sandbox.server.store.list(tables[kind] ?? '', namespace === '' ? '' : `${namespace}/`);
  }

  /** As it is stored now, by uid. */
  rollout(uid: string | undefined): RolloutSeen | undefined {
    this.#catchUp();
    const key = uid === undefined ? undefined : this.#rollouts.get(uid);
    const rollout = key === undefined ? undefined : seenAs<RolloutSeen>(this.get('Rollout', key));
    return rollout?.metadata.uid === uid ? rollout : undefined;
  }

  /** Uids of all that there ever were. */
  rolloutUids(): Iterable<string> {
    this.#catchUp();
    return this.#rollouts.keys();
  }

  rolloutOfSplit({ metadata }: SplitSeen): RolloutSeen | undefined {
    return this.rollout(metadata.annotations?.[rolloutUidMark]);
  }

  splitOf(rollout: RolloutSeen): SplitSeen | undefined {
    const name = rollout.spec.traffic?.smi?.splitName ?? rollout.spec.service.name;
    return seenAs<SplitSeen>(this.get('TrafficSplit', `${rollout.metadata.namespace}/${name}`));
  }

  deploymentOf(rollout: RolloutSeen, revision: string): DeploymentSeen | undefined {
    return seenAs<DeploymentSeen>(this.get('Deployment', `${rollout.metadata.namespace}/${revisionName(rollout, revision)}`));
  }

  runs(rollout: RolloutSeen): readonly ApiObject[] {
    return this.list('AnalysisRun', rollout.metadata.namespace ?? '');
  }

  /** By the identity of a process: `leaseTransitions` when it first held the lease. */
  epochOf(identity: string): number | undefined {
    this.#catchUp();
    return this.#epochs.get(identity);
  }

  /** Ready endpoints of a Service, `namespace/name`, now. */
  ready(service: string): number {
    this.#catchUp();
    return this.#readiness.get(service)?.at(-1)?.ready.size ?? 0;
  }

  /** The most that there were at some moment of the last `withinMs`: somebody who looked then saw so many. */
  mostReady(service: string, withinMs: number): number {
    this.#catchUp();
    const sinceMs = this.#run.elapsedMs() - withinMs;
    const history = this.#readiness.get(service) ?? [];
    let most = 0;
    for (let at = history.length - 1; at >= 0; at -= 1) {
      const entry = history[at];
      if (entry === undefined) break;
      most = Math.max(most, entry.ready.size);
      if (entry.atMs <= sinceMs) break;
    }
    return most;
  }

  /** The least that there were between two moments. */
  leastReady(service: string, fromMs: number, toMs: number): number {
    return Math.min(...this.#readyBetween(service, fromMs, toMs).map(({ ready }) => ready.size));
  }

  /** The longest time between two moments in which there was always one. */
  longestReadyMs(service: string, fromMs: number, toMs: number): number {
    let [longestMs, sinceMs] = [0, undefined as number | undefined];
    for (const { atMs, ready } of this.#readyBetween(service, fromMs, toMs)) {
      if (sinceMs !== undefined) longestMs = Math.max(longestMs, atMs - sinceMs);
      sinceMs = ready.size === 0 ? undefined : (sinceMs ?? Math.max(atMs, fromMs));
    }
    return sinceMs === undefined ? longestMs : Math.max(longestMs, toMs - sinceMs);
  }

  /** Whether one and the same pod was a ready endpoint all the time between two moments. */
  hadSteadyPod(service: string, fromMs: number, toMs: number): boolean {
    const [first, ...others] = this.#readyBetween(service, fromMs, toMs);
    return [...(first?.ready ?? [])].some((pod) => others.every(({ ready }) => ready.has(pod)));
  }

  /** Whether there was all the time between two moments a ready endpoint whose pod serves at the second one, be it of this Service still or no longer. */
  alwaysHadSomeOfNow(service: string, fromMs: number, toMs: number): boolean {
    return this.#readyBetween(service, fromMs, toMs).every(({ ready }) => [...ready].some((address) => this.#servedAt(address, toMs)));
  }

  #servedAt(address: string, atMs: number): boolean {
    const last = this.#run.commits.findLast((commit) => commit.atMs <= atMs && podOf(commit)?.status?.podIP === address);
    const pod = last === undefined || last.type === 'DELETED' ? undefined : podOf(last);
    return pod?.metadata.deletionTimestamp === undefined && isReady(pod);
  }

  #readyBetween(service: string, fromMs: number, toMs: number): readonly Readiness[] {
    this.#catchUp();
    const history = (this.#readiness.get(service) ?? []).filter(({ atMs }) => atMs <= toMs);
    const first = history.findLastIndex(({ atMs }) => atMs <= fromMs);
    return first < 0 ? [nobody, ...history] : history.slice(first);
  }

  /** What took pods of a Deployment, `namespace/name`, away, oldest first. */
  removals(deployment: string): readonly Removal[] {
    this.#catchUp();
    return this.#removals.get(deployment) ?? [];
  }

  /** A stored version of a split, by its resourceVersion. */
  splitVersion(resourceVersion: string | undefined): SplitVersionSeen | undefined {
    this.#catchUp();
    return this.#splits.get(resourceVersion ?? '');
  }

  /** The versions of a split, `namespace/name`, that changed who gets what, oldest first. */
  shifts(split: string): readonly SplitVersionSeen[] {
    this.#catchUp();
    return this.#shifts.get(split) ?? [];
  }

  /** When a split, `namespace/name`, was deleted, oldest first: one that is gone sends to nobody. */
  unsplits(split: string): readonly number[] {
    this.#catchUp();
    return this.#unsplits.get(split) ?? [];
  }

  /** Percent that the object of the mesh's adapter gives a backend, as it is stored now: whatever became of the split, that is what the data plane is told. */
  toldShare(rollout: RolloutSeen, backend: string): number {
    const shares = this.#toldKeys(rollout).flatMap(([kind, key]) => toldBy(this.get(kind, key)));
    const total = shares.reduce((sum, { weight }) => sum + weight, 0);
    const own = shares.reduce((sum, share) => (share.backend === backend ? sum + share.weight : sum), 0);
    return total > 0 ? (100 * own) / total : 0;
  }

  /** When what the data plane is told last changed: the split, or what its adapter makes of it. */
  toldMs(rollout: RolloutSeen): number | undefined {
    this.#catchUp();
    const split = splitKeyOf(rollout);
    const moments = [
      this.shifts(split).at(-1)?.atMs,
      this.unsplits(split).at(-1),
      ...this.#toldKeys(rollout).map(([kind, key]) => this.#told.get(`${kind} ${key}`)),
    ].filter((moment) => moment !== undefined);
    return moments.length === 0 ? undefined : Math.max(...moments);
  }

  #toldKeys(rollout: RolloutSeen): readonly (readonly [string, string])[] {
    const { namespace = '' } = rollout.metadata;
    return [
      ['ServiceProfile', `${namespace}/${rollout.spec.service.name}.${namespace}.svc.cluster.local`],
      ['VirtualService', `${splitKeyOf(rollout)}-vs`],
    ];
  }

  /** `spec.replicas` as it was when a controller last wrote the status: what it has seen for certain. */
  seenReplicas(uid: string): number | undefined {
    this.#catchUp();
    return this.#replicas.get(uid);
  }

  /** Time in which some leader was at work: bounds on what a controller does count in it, since nobody acts without a leader. */
  get servedMs(): number {
    this.#catchUp();
    return this.#servedMs;
  }

  /** The share of a backend in percent, in the proxy that gives it the most now. */
  mostShare(namespace: string, root: string, backend: string): number {
    let most = 0;
    for (const proxy of this.#run.sandbox.mesh.proxies()) {
      if (!proxy.isMeshed) continue;
      for (const route of this.#routesOf(proxy, namespace, root)) {
        if (route.kind !== 'split') continue;
        const total = route.shares.reduce((sum, { weight }) => sum + weight, 0);
        const own = route.shares.reduce((sum, share) => (share.backend === backend ? sum + share.weight : sum), 0);
        if (total > 0) most = Math.max(most, (100 * own) / total);
      }
    }
    return most;
  }

  /** Whoever makes routes of splits has made them of the present version. */
  isTakenOver(split: SplitSeen): boolean {
    const { namespace = '', resourceVersion } = split.metadata;
    const { adapter } = this.#run.sandbox.mesh;
    const written =
      adapter.writtenFor(namespace, split.spec?.service ?? '') ??
      adapter.adopted(namespace).find(({ metadata }) => metadata.name === split.metadata.name)?.metadata;
    return written?.resourceVersion === resourceVersion;
  }

  /** To be called with each commit, at once: what clocks show now cannot be asked later. */
  noteClocks({ object, by, atMs }: SeenCommit): void {
    if (!tells.has(object.kind) && !(taken.has(object.kind) && by !== undefined)) return;
    this.#clocks.set(atMs, new Map(this.#run.replicas().map((replica) => [replica, replica.time.monotonicMs()])));
  }

  /** From one commit to another, by the world's clock, or by that of a process where it is fast: what that decides by. */
  passedMs(fromMs: number, toMs: number, { replica }: SeenCall): number {
    const [from, to] = [fromMs, toMs].map((atMs) => this.#clocks.get(atMs)?.get(replica));
    return Math.max(toMs - fromMs, from === undefined || to === undefined ? 0 : to - from);
  }

  /** When the faults ended; undefined while they last. */
  get healedAtMs(): number | undefined {
    if (this.#healedAtMs === undefined && this.#run.isHealed) this.#healedAtMs = this.#run.elapsedMs();
    return this.#healedAtMs;
  }

  *#routesOf(proxy: { route(root: string): { readonly route: RouteSeen } | undefined }, namespace: string, root: string) {
    const service = seenAs<{ spec: { ports?: readonly { port: number }[] } }>(this.get('Service', `${namespace}/${root}`));
    for (const { port } of service?.spec.ports ?? []) {
      const known = proxy.route(`${namespace}/${root}|${port}`);
      if (known !== undefined) yield known.route;
    }
  }

  #catchUp(): void {
    const { commits } = this.#run;
    for (; this.#seen < commits.length; this.#seen += 1) {
      const commit = commits[this.#seen];
      if (commit !== undefined) this.#take(commit);
    }
  }

  #take(commit: SeenCommit): void {
    const { object, key, type, atMs, by } = commit;
    if (type === 'DELETED') this.#deleted.add(`${object.kind} ${key}`);
    if (type === 'ADDED' && this.#epochs.size === 0) this.#madeBefore.add(`${object.kind} ${key}`);
    switch (object.kind) {
      case 'Rollout':
        this.#rollouts.set(object.metadata.uid, key);
        this.#takeStatus(commit);
        return;
      case 'Lease':
        this.#takeLease(object, atMs);
        return;
      case 'EndpointSlice':
        this.#takeSlice(object as unknown as SliceSeen, key, type === 'DELETED', atMs);
        return;
      case 'Deployment':
        this.#takeDeployment(commit);
        return;
      case 'ServiceProfile':
      case 'VirtualService':
        if (type === 'DELETED' || !tellsAlike(object, commit.previous)) this.#told.set(`${object.kind} ${key}`, atMs);
        return;
      default:
        if (!isSplit(object)) return;
        if (type === 'DELETED') push(this.#unsplits, key, atMs);
        else this.#takeSplit({ split: object as unknown as SplitSeen, atMs, by }, commit);
    }
  }

  #takeStatus(commit: SeenCommit): void {
    const change = statusChange(commit);
    if (change === undefined) return;
    const { replicas } = change.rollout.spec;
    if (replicas !== undefined) this.#replicas.set(change.uid, replicas);
  }

  #takeLease({ spec }: ApiObject, atMs: number): void {
    const { holderIdentity: holder = '', leaseTransitions = 0 } = (spec ?? {}) as { holderIdentity?: string; leaseTransitions?: number };
    if (holder !== '' && !this.#epochs.has(holder)) this.#epochs.set(holder, leaseTransitions);
    if (this.#lease?.holder === holder && holder !== '') this.#servedMs += Math.min(atMs - this.#lease.atMs, renewalMs);
    this.#lease = { atMs, holder };
  }

  #takeSlice({ metadata, endpoints }: SliceSeen, key: string, isGone: boolean, atMs: number): void {
    const service = `${metadata.namespace ?? ''}/${metadata.labels?.['kubernetes.io/service-name'] ?? ''}`;
    let slices = this.#slices.get(service);
    if (slices === undefined) {
      slices = new Map();
      this.#slices.set(service, slices);
    }
    const ready = (endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false && conditions?.terminating !== true)
      .flatMap(({ addresses }) => addresses);
    if (isGone) slices.delete(key);
    else slices.set(key, ready);
    push(this.#readiness, service, { atMs, ready: new Set([...slices.values()].flat()) });
  }

  #takeDeployment({ object, previous, type, key, atMs, by }: SeenCommit): void {
    const after = object as unknown as DeploymentSeen;
    const before = previous as unknown as DeploymentSeen | undefined;
    if (type === 'DELETED') push(this.#removals, key, { atMs, by, left: 0 });
    else if (before !== undefined && after.spec !== before.spec && after.spec.replicas < before.spec.replicas)
      push(this.#removals, key, { atMs, by, left: after.spec.replicas });
  }

  #takeSplit(version: SplitVersionSeen, { object, previous, key }: SeenCommit): void {
    this.#splits.set(object.metadata.resourceVersion, version);
    if (!sendsAlike(version.split, previous as unknown as SplitSeen | undefined)) push(this.#shifts, key, version);
  }
}

const podOf = ({ object }: SeenCommit): PodSeen | undefined => (object.kind === 'Pod' ? (object as unknown as PodSeen) : undefined);

const isReady = (pod: PodSeen | undefined): boolean =>
  pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

const splitKeyOf = ({ metadata, spec }: RolloutSeen): string =>
  `${metadata.namespace ?? ''}/${spec.traffic?.smi?.splitName ?? spec.service.name}`;

/** What Linkerd's adaptor and Istio's write: weights of hosts, whose first label is the Service. */
export function toldBy(object: ApiObject | undefined): readonly { readonly backend: string; readonly weight: number }[] {
  const { dstOverrides, http } = seenAs<ToldSeen>(object)?.spec ?? {};
  const overrides = (dstOverrides ?? []).map(({ authority, weight }) => ({ backend: serviceIn(authority), weight: Number(weight) }));
  const routes = (http ?? []).flatMap(({ route }) => route ?? []);
  return [...overrides, ...routes.map(({ destination, weight = 0 }) => ({ backend: serviceIn(destination.host), weight }))];
}

const tellsAlike = (object: ApiObject, previous: ApiObject | undefined): boolean => sharesText(object) === sharesText(previous);

const sharesText = (object: ApiObject | undefined): string =>
  toldBy(object)
    .filter(({ weight }) => weight > 0)
    .map(({ backend, weight }) => `${backend} ${weight}`)
    .sort()
    .join();

const serviceIn = (host: string): string => host.split('.')[0] ?? '';

interface ToldSeen {
  readonly spec?: {
    readonly dstOverrides?: readonly { readonly authority: string; readonly weight: string }[] | null;
    readonly http?: readonly {
      readonly route?: readonly { readonly destination: { readonly host: string }; readonly weight?: number }[];
    }[];
  };
}

type RouteSeen =
  | { readonly kind: 'split'; readonly shares: readonly { readonly backend: string; readonly weight: number }[] }
  | { readonly kind: 'fail' };

function push<Entry>(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const entries = map.get(key);
  if (entries === undefined) map.set(key, [entry]);
  else entries.push(entry);
}

const witnesses = new WeakMap<Run, Witness>();

/** One for all laws of a run. */
export function witnessOf(run: Run): Witness {
  let witness = witnesses.get(run);
  if (witness === undefined) {
    witness = new Witness(run);
    witnesses.set(run, witness);
  }
  return witness;
}

/** Faults after which a process knows less than there is for a while: what it decides may rest on something older. */
const blinding = ['F4', 'F5', 'F6', 'F7', 'F8', 'F18'];
/** Faults between a decision and what it does. */
const hindering = ['F3', ...blinding, 'F10', 'F11', 'F13', 'F15', 'F19'];

const anyOf = ({ strikes }: Run, kinds: readonly string[]): boolean => kinds.some((kind) => (strikes[kind] ?? 0) > 0);

/** How old what a controller decides upon may be: the lag of its watches, or until the reflector has noticed that a stream is silent. */
export const staleMs = (run: Run): number => (anyOf(run, blinding) ? 180 * secondMs : 2 * secondMs);

/** The time in which what is stored reaches a process and its answer the store. */
export const newsMs = (run: Run): number => (anyOf(run, blinding) ? 180 * secondMs : 500);

/** How much longer than usual everything may take. */
export const delayMs = (run: Run): number => (anyOf(run, hindering) ? 300 * secondMs : 0);

/** A process stood still with something on its tongue. */
export const hasFrozen = (run: Run): boolean => anyOf(run, ['F9', 'F10']);

/**
 * How far what a process takes for the time may be off: it goes by three clocks (docs/adr/0011), so that a wall clock that jumps, or is wrong from the start, takes it
 * no farther than they are taken for the same; between two leaders twice that. One that stood still has decided before.
 */
export const clockErrorMs = (run: Run): number => {
  if (anyOf(run, ['F10']) || run.struckNames.has('clock-freeze')) return 20 * secondMs;
  return anyOf(run, ['F9']) ? 8 * secondMs : 0;
};

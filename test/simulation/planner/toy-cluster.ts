import type { Effect, Plan } from '../../../src/core/plan.ts';
import { plan } from '../../../src/core/planner.ts';
import type { Rollout, RolloutStatus } from '../../../src/core/rollout.ts';
import { rolloutSpecSchema, rolloutStatusSchema } from '../../../src/core/rollout.ts';
import { isDoneWith, measurableSinceMs } from '../../../src/core/rounds.ts';
import { fingerprintOf } from '../../../src/core/split.ts';
import type { TemplateRef } from '../../../src/core/steps/index.ts';
import type { RootPort, RunView, SplitView, World } from '../../../src/core/world.ts';
import type { Random } from '../../../src/lib/index.ts';
import type { WireSpec } from '../../support/worlds.ts';
import { maxLagMs, worldOf } from './toy-view.ts';

/** A cluster small enough to be read at one go: it takes a plan's writes as an API server would, lets pods and the mesh follow in their own time, and forgets nothing. */

export type Quality = 'good' | 'broken' | 'failing';
export interface Toy {
  readonly spec: WireSpec;
  readonly isAdapterSeen: boolean;
  readonly quality: (revision: string) => Quality;
  /** Called before each write lands, with the world that it was decided on. */
  readonly onWrite: (toy: ToyCluster, write: Effect | { kind: 'status'; status: RolloutStatus }, world: World) => void;
}

export interface Pods {
  readonly revision: string;
  /** When each pod becomes (or became) ready. */
  readonly readyAtMs: readonly number[];
}
export interface Owned extends Pods {
  readonly hasDeployment: boolean;
  readonly hasService: boolean;
  readonly version: number;
  readonly createdAtMs: number;
  readonly portsSinceMs?: number;
  readonly ports: readonly RootPort[];
  /** Where the data plane sends the requests for its first port. */
  readonly targets: readonly Since<number>[];
}
interface Workload extends Pods {
  readonly version: number;
  readonly generation: number;
  readonly isPaused: boolean;
  /** What its pods run; its template may be newer while it is paused. */
  readonly template: string;
}
interface Since<T> {
  readonly sinceMs: number;
  readonly value: T;
}
export interface ToyRun extends RunView {
  readonly startedAtMs: number;
  readonly templates: readonly TemplateRef[];
  /** It ended because the Rollout was done with it, not because it had seen enough. */
  readonly isClosed: boolean;
}
/** Where the pods of a revision listen: every second template moves the port. */
const portOf = (revision: string): number => 8000 + (Number(revision.at(-1)) % 2);

type Present = Extract<SplitView, { kind: 'present' }>;

export class ToyCluster {
  nowMs = Date.parse('2026-03-01T12:00:00.000Z');
  epoch = 1;
  /** An older Rollout on the same Service. */
  rival: string | undefined;
  /** Splits may not be read at all; or something may not be read any more, so that all is old news. */
  blindness: 'splits' | 'some' | undefined;
  /** The signs of a second mesh. */
  isDoubtful = false;
  /** Nobody but us writes. */
  isTame = false;
  target: string;
  rollout: Rollout;
  workload: Workload;
  revisions = new Map<string, Owned>();
  split: Present | undefined;
  root: { version: number; pinned: string | undefined; ports: readonly RootPort[] } = {
    version: 1,
    pinned: undefined,
    ports: [{ port: 80, protocol: 'TCP', targetPort: portOf('rev0000000') }],
  };
  /** Half of a change that is still on its way: templates and Services are two objects. */
  later: { readonly atMs: number; readonly happens: () => void } | undefined;
  splitMadeAtMs: number[] = [];
  runs = new Map<string, ToyRun>();
  /** What the data plane does since when, oldest first: it follows a write after its lag. */
  shares: readonly Since<Readonly<Record<string, number>> | undefined>[] = [{ sinceMs: 0, value: undefined }];
  pins: readonly Since<string | undefined>[] = [{ sinceMs: 0, value: undefined }];
  readonly #random: Random;
  readonly #toy: Toy;
  #versions = 1;

  constructor(toy: Toy, random: Random) {
    this.#toy = toy;
    this.#random = random;
    this.target = 'rev0000000';
    const replicas = toy.spec.replicas ?? 3;
    this.workload = {
      revision: this.target,
      template: this.target,
      version: 1,
      generation: 1,
      isPaused: false,
      readyAtMs: Array(replicas).fill(0),
    };
    this.rollout = {
      namespace: 'shop',
      name: 'web',
      uid: 'uid-rollout',
      resourceVersion: '1',
      generation: 1,
      createdAt: '',
      isDeleting: false,
      hasFinalizer: false,
      finalizers: [],
      adoptsSplit: false,
      spec: rolloutSpecSchema.parse(toy.spec),
      status: rolloutStatusSchema.parse({}),
    };
  }

  get isGone(): boolean {
    return this.rollout.isDeleting && !this.rollout.hasFinalizer;
  }

  ready = ({ readyAtMs }: Pods): number => readyAtMs.filter((atMs) => atMs <= this.nowMs).length;
  readyOf = (revision: string): number => {
    const owned = this.revisions.get(revision);
    return owned?.hasDeployment && owned.hasService ? this.ready(owned) : 0;
  };

  world(): World {
    return worldOf(this, this.#toy);
  }

  /** Shares that requests get now, by revision; undefined: the root Service's own endpoints have them. */
  get traffic() {
    const now = <T>(all: readonly Since<T>[]): T | undefined => all.findLast(({ sinceMs }) => sinceMs <= this.nowMs)?.value;
    return { shares: now(this.shares), pinned: now(this.pins) };
  }

  /** Re-plans once. `stale`: decides on this earlier world. `crashAfter`: only so many writes land. */
  reconcile({
    stale,
    epoch = this.epoch,
    crashAfter = Number.POSITIVE_INFINITY,
  }: {
    stale?: World;
    epoch?: number;
    crashAfter?: number;
  } = {}): Plan {
    const world = { ...(stale ?? this.world()), nowMs: this.nowMs, epoch };
    const next = plan(world);
    const writes = [...(next.status === undefined ? [] : [{ kind: 'status' as const, status: next.status }]), ...next.effects];
    for (const write of writes.slice(0, crashAfter)) {
      if (!this.#isCurrent(write, world)) break;
      this.#toy.onWrite(this, write, world);
      if (write.kind === 'status') this.setRollout({ status: write.status });
      else this.#apply(write, world);
    }
    return next;
  }

  #isCurrent(write: Effect | { kind: 'status' }, world: World): boolean {
    switch (write.kind) {
      case 'status':
      case 'claimRollout':
      case 'removeFinalizer':
        return (
          world.rollout.generation === this.rollout.generation &&
          world.rollout.isDeleting === this.rollout.isDeleting &&
          (write.kind !== 'status' || world.rollout.resourceVersion === this.rollout.resourceVersion)
        );
      case 'scaleDeployment':
        return String(this.revisions.get(write.revision)?.version) === write.resourceVersion;
      case 'writeSplit':
        return write.resourceVersion === this.split?.resourceVersion;
      case 'deleteSplit':
        return write.resourceVersion === this.split?.resourceVersion;
      case 'pinSelector':
        return write.resourceVersion === String(this.root.version);
      case 'patchWorkload':
      case 'restoreWorkload':
        return write.resourceVersion === String(this.workload.version);
      default:
        return true;
    }
  }

  #apply(effect: Effect, world: World): unknown {
    switch (effect.kind) {
      case 'claimRollout':
        return this.setRollout({
          hasFinalizer: true,
          spec: { ...this.rollout.spec, replicas: effect.replicas ?? this.rollout.spec.replicas },
        });
      case 'removeFinalizer':
        return this.setRollout({ hasFinalizer: false });
      case 'createDeployment':
        if (this.revisions.get(effect.revision)?.hasDeployment) return;
        return this.#own(effect.revision, { hasDeployment: true, readyAtMs: this.#newPods(effect.revision, effect.replicas) });
      case 'createRevisionService':
        if (this.revisions.get(effect.revision)?.hasService) return;
        this.#own(effect.revision, { hasService: true });
        return this.#listen(effect.revision, this.root.ports);
      case 'updateServicePorts':
        return this.#listen(effect.revision, effect.ports);
      case 'scaleDeployment': {
        const pods = this.revisions.get(effect.revision)?.readyAtMs ?? [];
        return this.#own(effect.revision, {
          readyAtMs: [...pods, ...this.#newPods(effect.revision, Math.max(0, effect.replicas - pods.length))]
            .toSorted((left, right) => left - right)
            .slice(0, effect.replicas),
        });
      }
      case 'deleteRevision':
        this.revisions.delete(effect.revision);
        return;
      case 'writeSplit':
        if (effect.uid === undefined) this.splitMadeAtMs.push(this.nowMs);
        return this.setSplit(effect.split.backends, {
          rollout: 'uid-rollout',
          epoch: world.epoch,
          writtenAtMs: effect.sinceMs ?? this.nowMs,
          fingerprint: fingerprintOf(effect.split),
        });
      case 'deleteSplit':
        return this.deleteSplit();
      case 'pinSelector':
        return this.pin(effect.revision);
      case 'patchWorkload':
        return this.setWorkload({ isPaused: effect.isPaused ?? this.workload.isPaused }, effect.replicas);
      case 'restoreWorkload':
        return this.setWorkload({ isPaused: false, template: effect.fromRevision }, effect.replicas);
      case 'createRun': {
        const { run } = effect;
        const { name, kind, revision, attempt, round, step, templates } = run;
        if (this.runs.has(name)) return;
        const evidence = kind === 'Step' ? [] : [{ metric: 'm', passedWindowStartedAtMs: undefined, isExempt: false }];
        this.runs.set(name, {
          name,
          kind,
          revision,
          attempt,
          round,
          step,
          templates,
          isClosed: false,
          evidence,
          uid: name,
          resourceVersion: '1',
          phase: 'Running',
          message: '',
          isTerminating: false,
          startedAtMs: this.nowMs,
        });
        return;
      }
      default:
        return;
    }
  }

  #version = (): number => {
    this.#versions += 1;
    return this.#versions;
  };

  setRollout(over: Partial<Rollout>): void {
    const isSpecChange = over.spec !== undefined || over.isDeleting === true;
    this.rollout = {
      ...this.rollout,
      ...over,
      generation: this.rollout.generation + (isSpecChange ? 1 : 0),
      resourceVersion: String(this.#version()),
    };
  }

  #own(revision: string, over: Partial<Owned>): void {
    const before = this.revisions.get(revision) ?? {
      revision,
      readyAtMs: [],
      hasDeployment: false,
      hasService: false,
      version: 0,
      createdAtMs: this.nowMs,
      ports: [],
      targets: [],
    };
    this.revisions.set(revision, { ...before, ...over, version: this.#version() });
  }

  #listen(revision: string, ports: readonly RootPort[]): void {
    const { targets = [] } = this.revisions.get(revision) ?? {};
    const [first] = ports;
    const isNew = first?.targetPort !== this.revisions.get(revision)?.ports[0]?.targetPort;
    this.#own(revision, { ports, targets: isNew ? this.#follow(targets, Number(first?.targetPort)) : targets, portsSinceMs: this.nowMs });
  }

  /** The user's next template, with the port that it listens on: in one go, or one soon after the other. */
  release(target: string): void {
    const [first, ...others] = this.root.ports;
    const changes = [
      () => {
        this.target = target;
        this.setWorkload({ template: target });
      },
      () => {
        this.root = { ...this.root, version: this.#version(), ports: [{ port: 80, ...first, targetPort: portOf(target) }, ...others] };
      },
    ];
    this.catchUp();
    if (this.#random.next() < 0.5) changes.reverse();
    const [now, soon] = changes;
    now?.();
    this.later = { atMs: this.nowMs + this.#random.next() * 5_000, happens: () => soon?.() };
  }

  /** What was on its way is there. */
  catchUp(): void {
    const { later } = this;
    this.later = undefined;
    later?.happens();
  }

  /** A revision that requests are sent to at a port on which its pods do not listen. */
  get deaf(): string | undefined {
    const { shares = {} } = this.traffic;
    const sent = (revision: string) => this.revisions.get(revision)?.targets.findLast(({ sinceMs }) => sinceMs <= this.nowMs)?.value;
    return Object.keys(shares).find((revision) => {
      const target = sent(revision);
      return (shares[revision] ?? 0) > 0 && target !== undefined && target !== portOf(revision);
    });
  }

  #newPods(revision: string, count: number): readonly number[] {
    const isBroken = this.#toy.quality(revision) === 'broken';
    return Array.from({ length: count }, () => (isBroken ? Number.POSITIVE_INFINITY : this.nowMs + 1_000 + this.#random.next() * 20_000));
  }

  /** Somebody deletes the Service of a revision. */
  deleteService(revision: string): void {
    this.#own(revision, { hasService: false });
  }

  /** A pod of the revision dies; another comes up. */
  killPods(revision: string, count: number): void {
    const owned = this.revisions.get(revision);
    if (owned === undefined) return;
    const dead = Math.min(count, owned.readyAtMs.length);
    this.#own(revision, { readyAtMs: [...owned.readyAtMs.slice(dead), ...this.#newPods(revision, dead)] });
  }

  /** Its pods follow its template at once, and without a gap, unless it is paused. */
  setWorkload(over: Partial<Pick<Workload, 'isPaused' | 'template'>>, replicas = this.workload.readyAtMs.length): void {
    const next = { ...this.workload, ...over };
    const isRolled = !next.isPaused && next.template !== next.revision;
    const kept = next.readyAtMs.filter((atMs) => !isRolled || Number.isFinite(atMs)).slice(0, replicas);
    const revision = isRolled ? next.template : next.revision;
    const readyAtMs = [...kept, ...this.#newPods(revision, replicas - kept.length)];
    this.workload = { ...next, revision, readyAtMs, version: this.#version(), generation: next.generation + 1 };
  }

  setSplit(backends: Present['split']['backends'], stamp = this.split?.stamp, lastManager?: string): void {
    this.split = {
      kind: 'present',
      uid: 'uid-split',
      resourceVersion: String(this.#version()),
      split: { root: 'web', backends },
      stamp,
      ownership: { kind: 'ours' },
      lastManager,
    };
    const shares = Object.fromEntries(backends.map(({ service, weight }) => [service.slice('web-'.length), weight]));
    this.shares = this.#follow(this.shares, shares, this.#toy.isAdapterSeen && this.#random.next() < 0.1 ? 9 : 1);
  }

  deleteSplit(): void {
    this.split = undefined;
    this.shares = this.#follow(this.shares, undefined);
  }

  pin(pinned: string | undefined): void {
    this.root = { ...this.root, pinned, version: this.#version() };
    this.pins = this.#follow(this.pins, pinned);
  }

  #follow<T>(all: readonly Since<T>[], value: T, slowness = 1): readonly Since<T>[] {
    const lagMs = this.#random.next() * 0.99 * slowness * maxLagMs;
    // What is slow beyond all bounds is an adapter that looks again: by then it finds the newest.
    const queued = all.filter((entry) => entry.sinceMs <= this.nowMs + maxLagMs);
    return [...queued, { sinceMs: Math.max(this.nowMs + lagMs, queued.at(-1)?.sinceMs ?? 0), value }].slice(-12);
  }

  /** Analysis runs measure every ten seconds, once the weight is confirmed; a failing revision fails when it has had traffic for a while. */
  measure(): void {
    const { status, isDeleting } = this.rollout;
    for (const run of [...this.runs.values()].filter(({ phase }) => phase === 'Running')) {
      const windowMs = this.nowMs - Math.max(measurableSinceMs(this.rollout, run) ?? Number.NaN, run.startedAtMs);
      if (isDoneWith({ status, isDeleting }, run)) this.runs.set(run.name, { ...run, phase: 'Successful', isClosed: true });
      else if (!(windowMs >= 10_000)) continue;
      else if (this.#toy.quality(run.revision) === 'failing' && (status.weight?.desired ?? 0) > 0)
        this.runs.set(run.name, { ...run, phase: 'Failed', message: 'too many errors' });
      else if (run.kind === 'Step') this.runs.set(run.name, { ...run, phase: 'Successful' });
      else this.runs.set(run.name, { ...run, evidence: [{ metric: 'm', passedWindowStartedAtMs: this.nowMs - 10_000, isExempt: false }] });
    }
  }

  /** The next moment at which something happens by itself. */
  nextEventMs(): number {
    const pods = [...this.revisions.values(), this.workload].flatMap(({ readyAtMs }) => readyAtMs);
    const moments = [...pods, ...[...this.shares, ...this.pins].map(({ sinceMs }) => sinceMs)].filter((ms) => ms > this.nowMs);
    const measured = [...this.runs.values()].some(({ phase }) => phase === 'Running') ? [this.nowMs + 5_000] : [];
    return Math.min(...moments, ...measured, this.later?.atMs ?? Number.POSITIVE_INFINITY);
  }
}

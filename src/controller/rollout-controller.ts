import { rolloutLabelValue } from '../core/names.ts';
import type { Rollout } from '../core/rollout.ts';
import type { World } from '../core/world.ts';
import type { Change, KubeClient, KubeHealth, KubeObject, Recorder, Resource } from '../kube/index.ts';
import { kubeHealth, runController, WorkQueue } from '../kube/index.ts';
import type { Clock, Logger, Random } from '../lib/index.ts';
import type { MetricSources } from '../metrics/index.ts';
import { routerOf } from '../traffic/index.ts';
import type { RunRecord } from './cache.ts';
import { Cache } from './cache.ts';
import { Dependencies, thing } from './dependencies.ts';
import type { Executors } from './execute.ts';
import type { Schedule } from './housekeeping.ts';
import { housekeepingSchedule, tidy } from './housekeeping.ts';
import { Measurer } from './measurer.ts';
import { MeshWatch } from './mesh-watch.ts';
import type { Observers } from './observe.ts';
import { reconcileRollout } from './reconcile-rollout.ts';
import { reconcileRun } from './reconcile-run.ts';
import type { RolloutRecord } from './records.ts';
import { secrets } from './resources.ts';
import { SecretHashes } from './secret-hashes.ts';
import { Settling } from './settling.ts';
import { shareViaOf } from './share.ts';
import { Telemetry } from './telemetry.ts';

export interface RolloutControllerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly recorder: Pick<Recorder, 'event'>;
  readonly sources: MetricSources;
  readonly namespaces: readonly string[];
  readonly clusterDomain: string;
  readonly prometheusAddress: string | undefined;
  readonly concurrency: number;
  readonly schedule: Schedule;
  /** The leader's fencing number; undefined while this process does not lead. */
  readonly epoch: () => number | undefined;
  readonly onFenced: (reason: string) => void;
  /** The first lists, or later ones, are in and looked at. */
  readonly onSettled: () => void;
}

/** What to watch, which Rollout each change wakes, and the two loops that reconcile. A standby watches, too, so that it is warm when its turn comes. */
export class RolloutController {
  readonly telemetry: Telemetry;
  readonly #options: RolloutControllerOptions;
  readonly #settling: Settling;
  readonly #dependencies = new Dependencies();
  readonly #obstacles = new Map<string, NonNullable<World['obstacle']>>();
  readonly #rollouts: WorkQueue;
  readonly #runs: WorkQueue;
  readonly #cache: Cache;
  readonly #mesh: MeshWatch;
  readonly #measurer: Measurer;
  readonly #secrets: SecretHashes;

  constructor(options: RolloutControllerOptions) {
    this.#options = options;
    const { client, clock, random, log, namespaces, clusterDomain } = options;
    this.#rollouts = new WorkQueue({ clock, random, longestBackoffMs: 30_000 });
    this.#runs = new WorkQueue({ clock, random, longestBackoffMs: 30_000 });
    const isBusy = () => this.health().unsynced.length + this.#rollouts.length + this.#runs.length > 0;
    this.#settling = new Settling({ clock, isBusy, onSettled: options.onSettled });
    const onThings = (things: readonly string[]) => this.#wake(things);
    this.#cache = new Cache({
      client,
      clock,
      random,
      log,
      settling: this.#settling,
      namespaces,
      onThings,
      onMeshSign: () => this.#mesh.lookAgain(),
      onRollout: (change) => this.#onRollout(change),
      onRun: (change) => this.#onRun(change),
    });
    this.#secrets = new SecretHashes({ client, clock, log, onThings });
    this.#mesh = new MeshWatch({
      client,
      clock,
      random,
      log,
      settling: this.#settling,
      namespaces,
      clusterDomain,
      deployments: () => this.#meshDeployments(),
      onKeys: (keys) => this.#wake(keys.map(thing.mesh)),
      onDiscovery: () => this.#wakeAll(),
    });
    this.#measurer = this.#makeMeasurer();
    this.telemetry = new Telemetry({
      queueLength: () => this.#rollouts.length,
      isLeader: () => options.epoch() !== undefined,
      isApiReachable: () => this.health().unreachableSinceMs === undefined,
    });
  }

  /** Watches until the signal aborts, whether this process leads or not. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all(
      [this.#cache.run(signal), this.#cache.synced().then(() => this.#mesh.run(signal))].map((running) => raceAbort(running, signal)),
    );
    this.#settling.stop();
    this.#measurer.close();
  }

  /** Reconciles until the signal aborts; `interrupt` cuts passes under way. Every Rollout is looked at once to begin with. */
  async reconcile(signal: AbortSignal, interrupt: AbortSignal): Promise<void> {
    await raceAbort(this.#cache.synced(), signal);
    this.#wakeAll();
    for (const key of this.#cache.runs.keys()) this.#runs.add(key);
    const { client, clock, log, concurrency, schedule } = this.#options;
    const endHousekeeping = schedule(housekeepingSchedule, () => tidy(this.#cache.runs.list(), { client, log }, signal));
    const shared = { concurrency, clock, log, interrupt };
    await Promise.all([
      runController(
        { ...shared, queue: this.#rollouts, reconcile: (key, passSignal) => reconcileRollout(key, this.#rolloutReconciler(), passSignal) },
        signal,
      ),
      runController(
        { ...shared, queue: this.#runs, reconcile: (key, passSignal) => reconcileRun(key, this.#runReconciler(), passSignal) },
        signal,
      ),
    ]);
    endHousekeeping();
  }

  health(): KubeHealth {
    return kubeHealth({ ...this.#cache.reflectors, ...this.#mesh.reflectors });
  }

  #wake(things: readonly string[]): void {
    for (const one of things) {
      for (const key of this.#dependencies.on(one)) this.#rollouts.add(key);
    }
  }

  #wakeAll(): void {
    for (const key of this.#cache.rollouts.keys()) this.#rollouts.add(key);
  }

  #onRollout({ key, before, after }: Change<RolloutRecord>): void {
    if (after === undefined) {
      // The next pass finds it gone and forgets it.
      this.#rollouts.add(key);
      return;
    }
    const isAborting = after.decoded.ok && after.decoded.value.status.phase === 'Aborting';
    this.#rollouts.add(key, { priority: isAborting });
    const uid = before?.uid ?? after.uid;
    for (const run of this.#cache.runs.byIndex('rollout', uid)) this.#runs.add(`${run.namespace}/${run.name}`);
  }

  #onRun({ key, before, after }: Change<RunRecord>): void {
    const [was, is] = [before, after].map((record) => (record?.decoded.ok ? record.decoded.value : undefined));
    // Our own status writes come back, too; only what we do not know yet is worth a pass.
    this.#runs.add(key);
    if (was?.status.phase !== is?.status.phase) this.#wakeOwner(after ?? before);
  }

  #wakeOwner(record: RunRecord | undefined): void {
    if (record?.rolloutName !== undefined) this.#wake([thing.ours(record.namespace, rolloutLabelValue(record.rolloutName))]);
  }

  #meshDeployments() {
    return this.#cache.deployments
      .list()
      .flatMap(({ namespace, name, meshLabels }) => (meshLabels === undefined ? [] : [{ namespace, name, labels: meshLabels }]));
  }

  #shareVia = (target: Parameters<typeof shareViaOf>[0]) =>
    shareViaOf(target, { prometheusAddress: this.#options.prometheusAddress, groups: this.#mesh.facts?.groups ?? [] });

  #makeMeasurer(): Measurer {
    const { client, clock, sources, prometheusAddress } = this.#options;
    return new Measurer({
      clock,
      sources,
      prometheusAddress,
      mesh: () => this.#mesh.detectedDialect(),
      kubeGet: (path, query, signal) => client.raw('GET', path, { query, retry: false }, signal),
      readSecret: async (namespace, { name, key }, signal) => {
        const found = await client.get(secrets, { namespace, name }, signal);
        if (!found.ok) return { ok: false, failure: `Secret ${name} cannot be read: ${found.failure.kind}` };
        const encoded = (found.value.data as Record<string, unknown> | undefined)?.[key];
        if (typeof encoded !== 'string') return { ok: false, failure: `Secret ${name} has no key ${key}` };
        return { ok: true, value: Buffer.from(encoded, 'base64').toString('utf8') };
      },
      onFinished: (run) => this.#runs.add(run, { priority: true }),
      onShareFinished: (rollout) => this.#rollouts.add(rollout),
    });
  }

  #dialectOf(rollout: Rollout): string | undefined {
    if (this.#mesh.facts === undefined) return undefined;
    const { router, config } = routerOf(rollout.spec.traffic);
    const target = router.resolve(config, this.#mesh.facts);
    return target.ok ? target.value.dialect : undefined;
  }

  #observers(): Observers {
    return {
      cache: this.#cache,
      mesh: this.#mesh,
      measurer: this.#measurer,
      secrets: this.#secrets,
      canSeeShare: (target) => this.#shareVia(target) !== undefined,
    };
  }

  #executors(): Executors {
    const { client, clock } = this.#options;
    return { client, clock, cache: this.#cache, absorb: (resource, object) => this.#absorb(resource, object) };
  }

  #absorb(resource: Resource, object: KubeObject): void {
    this.#cache.absorb(resource, object);
    this.#mesh.absorb(resource, object);
  }

  #rolloutReconciler() {
    const { client, clock, log, recorder, epoch, onFenced } = this.#options;
    return {
      client,
      clock,
      log,
      recorder,
      epoch,
      onFenced,
      measurer: this.#measurer,
      dependencies: this.#dependencies,
      obstacles: this.#obstacles,
      telemetry: this.telemetry,
      shareVia: this.#shareVia,
      observers: this.#observers(),
      executors: this.#executors(),
    };
  }

  #runReconciler() {
    const { client, clock, log, epoch } = this.#options;
    const onVerdict = (rollout: string, isBad: boolean) => this.#rollouts.add(rollout, { priority: isBad });
    const dialectOf = (rollout: Rollout) => this.#dialectOf(rollout);
    return {
      client,
      clock,
      log,
      epoch,
      cache: this.#cache,
      measurer: this.#measurer,
      onVerdict,
      dialectOf,
      isMeshKnown: () => this.#mesh.facts !== undefined,
    };
  }
}

/** What never ends by itself while the API server is away must not hold up a stop. */
function raceAbort<T>(running: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([running, aborted]);
}

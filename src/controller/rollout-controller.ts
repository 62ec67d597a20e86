import { decisions } from '../api/index.ts';
import { rolloutLabelValue } from '../core/names.ts';
import type { Rollout } from '../core/rollout.ts';
import type { Change, KubeHealth, KubeObject, Resource } from '../kube/index.ts';
import { kubeHealth, runController, WorkQueue } from '../kube/index.ts';
import { Cache } from './cache.ts';
import { Confirmations } from './confirmations.ts';
import { Conflicts } from './conflicts.ts';
import type { RolloutControllerOptions } from './controller-options.ts';
import { Decisions } from './decisions.ts';
import { Dependencies, thing } from './dependencies.ts';
import type { Executors } from './execute.ts';
import { keepHouse, tidy } from './housekeeping.ts';
import { tidyDecisions } from './housekeeping-decisions.ts';
import { settleTime } from './known-time.ts';
import { Measurer } from './measurer.ts';
import { warmMesh } from './mesh-warm.ts';
import { MeshWatch } from './mesh-watch.ts';
import { metricAccess } from './metric-access.ts';
import { metricOutages } from './metric-outages.ts';
import { Moments } from './moments.ts';
import { evidenceFrom, noteChange } from './news.ts';
import type { Observers } from './observe.ts';
import { Obstacles } from './obstacle.ts';
import { raceAbort } from './race-abort.ts';
import { LastLooks } from './read-anew.ts';
import { isTakingIn, problemsOf } from './readiness.ts';
import { reconcileRollout } from './reconcile-rollout.ts';
import { reconcileRun } from './reconcile-run.ts';
import type { RolloutRecord } from './records.ts';
import { Refusals } from './refusals.ts';
import type { RunRecord } from './run-records.ts';
import { SecretHashes } from './secret-hashes.ts';
import { Settling } from './settling.ts';
import { dialectFor, shareViaOf } from './share.ts';
import { Telemetry } from './telemetry.ts';

/** As many as there are requests in flight that are kept for cuts. */
const urgentWorkers = 4;

/** What to watch, which Rollout each change wakes, and the two loops that reconcile. A standby watches, too, so that it is warm when its turn comes. */
export class RolloutController {
  readonly telemetry: Telemetry;
  readonly #options: RolloutControllerOptions;
  readonly #settling: Settling;
  readonly #dependencies = new Dependencies();
  readonly #obstacles: Obstacles;
  readonly #looks = new LastLooks();
  readonly #conflicts = { ofRollouts: new Conflicts(), ofRuns: new Conflicts() };
  readonly #refusals: Refusals;
  readonly #confirmations = new Confirmations();
  readonly #moments = new Moments();
  readonly #rollouts: WorkQueue;
  readonly #runs: WorkQueue;
  readonly #cache: Cache;
  readonly #mesh: MeshWatch;
  readonly #measurer: Measurer;
  readonly #secrets: SecretHashes;
  readonly #decisions: Decisions;

  constructor(options: RolloutControllerOptions) {
    this.#options = options;
    const { client, contact, clock, random, log, namespaces, clusterDomain } = options;
    this.#rollouts = new WorkQueue({ clock, random, longestBackoffMs: 30_000 });
    this.#runs = new WorkQueue({ clock, random, longestBackoffMs: 30_000 });
    this.#obstacles = new Obstacles((rollout) => this.#rollouts.add(rollout));
    this.#refusals = new Refusals({ clock, onChange: () => this.#lookAtAll() });
    // What waits in a standby waits for the lease, for days perhaps.
    const waiting = () => (options.epoch() === undefined ? 0 : this.#rollouts.length + this.#runs.length);
    const isBusy = () => waiting() > 0 || isTakingIn(this.#health());
    this.#settling = new Settling({ clock, isBusy, onSettled: options.onSettled });
    const shared = { client, contact, clock, random, log, namespaces, refusals: this.#refusals, settling: this.#settling };
    const onThings = (things: readonly string[]) => this.#wake(things);
    this.#cache = new Cache({
      ...shared,
      onThings,
      onMeshSign: () => this.#mesh.lookAgain(),
      onRollout: (change) => this.#onRollout(change),
      onRun: (change) => this.#onRun(change),
    });
    this.#secrets = new SecretHashes({ client, clock, log, onThings });
    this.#mesh = new MeshWatch({
      ...shared,
      clusterDomain,
      deployments: () => this.#meshDeployments(),
      onKeys: (keys) => this.#wake(keys.map(thing.mesh)),
      onDiscovery: () => {
        warmMesh(this.#cache, this.#mesh);
        this.#lookAtAll();
      },
    });
    this.#decisions = new Decisions({
      ...options,
      rollout: (key) => this.#cache.rollouts.get(key),
      onDecision: (rollout, isUrgent) => this.#rollouts.add(rollout, { priority: isUrgent }),
      onReady: () => this.#lookAtAll(),
    });
    options.notifier?.useEvidence(evidenceFrom(this.#cache.runs));
    this.telemetry = new Telemetry({
      queueLength: () => this.#rollouts.length,
      isLeader: () => options.epoch() !== undefined,
      isApiReachable: () => options.contact.isHeld && this.unreachableSinceMs === undefined,
    });
    this.#measurer = this.#makeMeasurer();
  }

  /** What is known of the cluster, for those who only look. */
  get stores(): Pick<Cache, 'rollouts' | 'deployments' | 'runs' | 'isSynced'> {
    return this.#cache;
  }

  /** Watches until the signal aborts, whether this process leads or not. */
  async watch(signal: AbortSignal): Promise<void> {
    const meshed = this.#cache.synced().then(() => this.#mesh.run(signal));
    const { contact } = this.#options;
    const watching = [contact.run(signal), this.#cache.run(signal), meshed, this.#decisions.watch(signal)];
    await Promise.all(watching.map((running) => raceAbort(running, signal)));
    this.#settling.stop();
    this.#measurer.close();
    this.#refusals.close();
  }

  /** Reconciles until the signal aborts; `interrupt` cuts passes under way. Every Rollout is looked at once to begin with. When it resolves nothing here writes any more. */
  async reconcile(signal: AbortSignal, interrupt: AbortSignal): Promise<void> {
    const synced = raceAbort(this.#cache.synced(), signal).then(() => {
      this.#lookAtAll();
      for (const key of this.#cache.runs.keys()) this.#runs.add(key);
    });
    // What may not be read keeps the rest from syncing: each Rollout says so, as long as that is so.
    await Promise.race([synced, raceAbort(this.#cache.refused(), signal)]);
    const { client, contact, clock, log, concurrency, schedule } = this.#options;
    const endHousekeeping = keepHouse(schedule, () => [
      tidy(this.#cache.runs.list(), { client, log }, signal),
      tidyDecisions(this.#options, signal),
    ]);
    const shared = { concurrency, urgentConcurrency: urgentWorkers, clock, log, contact, interrupt };
    await Promise.all([
      synced.then(() => this.#options.notifier?.run(signal)),
      this.#decisions.reconcile(signal, interrupt),
      runController(
        {
          ...{ ...shared, queue: this.#rollouts },
          reconcile: async (key, passSignal) =>
            (await settleTime(this.#options, passSignal)) ?? reconcileRollout(key, this.#rolloutReconciler(), passSignal),
        },
        signal,
      ),
      synced.then(() =>
        runController(
          {
            ...{ ...shared, queue: this.#runs },
            reconcile: async (key, passSignal) =>
              (await settleTime(this.#options, passSignal)) ?? reconcileRun(key, this.#runReconciler(), passSignal),
          },
          signal,
        ),
      ),
    ]);
    await endHousekeeping();
  }

  /** What keeps this process from its work, or would if it led, a line each. */
  problems(): readonly string[] {
    const { facts, failure } = this.#mesh;
    return problemsOf({ kube: this.#health(), isDiscovered: facts !== undefined, discoveryFailure: failure });
  }

  /** Monotonic time since when nobody here has had an answer of the API server; undefined while somebody has. */
  get unreachableSinceMs(): number | undefined {
    return this.#health().unreachableSinceMs;
  }

  #health(): KubeHealth {
    const health = kubeHealth({ ...this.#cache.reflectors, ...this.#mesh.reflectors });
    const { lostSinceMs } = this.#options.contact;
    return health.unreachableSinceMs === undefined && lostSinceMs !== undefined ? { ...health, unreachableSinceMs: lostSinceMs } : health;
  }

  #lookAtAll(): void {
    for (const key of this.#cache.rollouts.keys()) this.#rollouts.add(key);
  }

  #wake(things: readonly string[]): void {
    this.#options.onThings?.(things);
    for (const key of things.flatMap((one) => [...this.#dependencies.on(one)])) this.#rollouts.add(key);
  }

  #onRollout(change: Change<RolloutRecord>): void {
    const { key, before, after } = change;
    noteChange(this.#options.notifier, change);
    if (after?.decoded.ok !== true) this.#decisions.lookAt(key);
    this.#options.onThings?.([thing.rollout(after ?? before)]);
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
    const { namespace = '', rolloutName } = after ?? before ?? {};
    if (was?.status.phase !== is?.status.phase && rolloutName !== undefined)
      this.#wake([thing.ours(namespace, rolloutLabelValue(rolloutName))]);
  }

  #meshDeployments() {
    return this.#cache.deployments
      .list()
      .flatMap(({ namespace, name, meshLabels }) => (meshLabels === undefined ? [] : [{ namespace, name, labels: meshLabels }]));
  }

  #shareVia = (target: Parameters<typeof shareViaOf>[0]) =>
    shareViaOf(target, { prometheusAddress: this.#options.prometheusAddress, groups: this.#mesh.facts?.groups ?? [] });

  #makeMeasurer(): Measurer {
    const { client, clock, sources, prometheusAddress, metricWires, log } = this.#options;
    return new Measurer({
      clock,
      sources,
      prometheusAddress,
      ...(metricWires === undefined ? {} : { wires: metricWires }),
      mesh: () => this.#mesh.detectedDialect(),
      ...metricAccess(client),
      onFinished: (run) => this.#runs.add(run, { priority: true }),
      onShareFinished: (rollout) => this.#rollouts.add(rollout),
      onAsked: metricOutages(clock, log, this.telemetry),
    });
  }

  #observers(): Observers {
    return {
      cache: this.#cache,
      mesh: this.#mesh,
      refusals: this.#refusals,
      measurer: this.#measurer,
      secrets: this.#secrets,
      decisions: this.#decisions,
      windows: this.#options.windows ?? [],
      clockAheadMs: () => this.#options.clock.aheadMs,
      canSeeShare: (target) => this.#shareVia(target) !== undefined,
    };
  }

  #executors(): Executors {
    const { client, clock } = this.#options;
    return { client, clock, cache: this.#cache, decisions: this.#decisions, absorb: (...absorbed) => this.#absorb(...absorbed) };
  }

  #absorb(resource: Resource, object: KubeObject, asOf?: string): void {
    this.#cache.absorb(resource, object, asOf);
    this.#mesh.absorb(resource, object);
    if (resource === decisions) this.#decisions.absorb(object);
  }

  #rolloutReconciler() {
    const { client, clock, log, recorder, epoch, onFenced } = this.#options;
    return {
      ...{ client, clock, log, recorder, epoch, onFenced },
      measurer: this.#measurer,
      dependencies: this.#dependencies,
      obstacles: this.#obstacles,
      conflicts: this.#conflicts.ofRollouts,
      looks: this.#looks,
      confirmations: this.#confirmations,
      moments: this.#moments,
      telemetry: this.telemetry,
      shareVia: this.#shareVia,
      observers: this.#observers(),
      executors: this.#executors(),
    };
  }

  #runReconciler() {
    const { client, clock, log, epoch } = this.#options;
    const onVerdict = (rollout: string, isBad: boolean) => this.#rollouts.add(rollout, { priority: isBad });
    const dialectOf = (rollout: Rollout) => dialectFor(rollout, this.#mesh.facts);
    return {
      ...{ client, clock, log, epoch },
      cache: this.#cache,
      measurer: this.#measurer,
      obstacles: this.#obstacles,
      conflicts: this.#conflicts.ofRuns,
      confirmations: this.#confirmations,
      onVerdict,
      dialectOf,
      looksEarly: this.#options.looksEarly !== false,
      isMeshKnown: () => this.#mesh.facts !== undefined,
    };
  }
}

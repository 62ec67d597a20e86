// A world made by hand for one law: the sandbox's own controllers and mesh, and two hands that write, one of them as a controller's process would.
import { renderCrds } from '../../../../src/api/index.ts';
import type { Resource } from '../../../../src/kube/index.ts';
import { seededRandom } from '../../../../src/lib/index.ts';
import {
  type ApiDraft,
  type ApiObject,
  type ApiPort,
  type ApiRequest,
  createDirectClient,
  type DirectClient,
} from '../../../../src/sandbox/api/index.ts';
import { createSandbox, type Sandbox, StepClock } from '../../../../src/sandbox/index.ts';
import { resources, splitsOf } from '../../../../src/sandbox/objects/index.ts';
import type { Ended, Replica } from '../../../../src/simulation/index.ts';
import type { FaultKind } from '../../play/plan.ts';
import type { Law, Run, SeenCall, SeenCommit } from '../../play/run.ts';
import { subject } from '../../workloads/kit.ts';

const { namespace } = subject;
export const rolloutResource: Resource = {
  group: 'sluice.dev',
  version: 'v1alpha1',
  plural: 'rollouts',
  kind: 'Rollout',
  namespaced: true,
};
export const runResource: Resource = {
  group: 'sluice.dev',
  version: 'v1alpha1',
  plural: 'analysisruns',
  kind: 'AnalysisRun',
  namespaced: true,
};
const templateResource: Resource = { ...runResource, plural: 'analysistemplates', kind: 'AnalysisTemplate' };
export const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true };
export const splits = splitsOf('v1alpha4');
export { resources };

export interface Process {
  readonly identity: string;
  readonly client: DirectClient;
  end(how: Ended): void;
  /** It stands still from now on. */
  freeze(): void;
  /** Its clock has gone so many times as fast as the world's, from the start. */
  drift(rate: number): void;
}

export interface Stage {
  readonly run: Run;
  readonly sandbox: Sandbox;
  /** What the law has reported. */
  readonly reports: string[];
  /** How often it has judged. */
  readonly judged: () => number;
  /** Writes as the leader's process. */
  readonly controller: DirectClient;
  /** The process that leads to begin with. */
  readonly leader: Process;
  /** Writes as somebody else. */
  readonly people: DirectClient;
  /** Time passes, and the leader renews its lease. */
  pass(ms: number): void;
  /** Another process of the controller; it leads from now on, unless it only stands by. */
  join(name: string, options?: { readonly isStandby?: boolean; readonly isElected?: boolean }): Process;
  /** A request of the leader as it leaves, whatever becomes of it. */
  call(request: ApiRequest): void;
  log(line: string): void;
  strike(kind: FaultKind): void;
  /** The faults are over. */
  heal(): void;
  rest(): void;
  end(): void;
}

const renewalMs = 2_000;

export interface StageOptions {
  readonly isLagging?: boolean;
  /** Linkerd, whose adaptor writes an object of its own. Left out: a mesh that reads splits itself. */
  readonly isAdapted?: boolean;
  readonly reference?: readonly string[];
  /** How long before they are stored a controller's requests were sent. Default: 0. */
  readonly underwayMs?: number;
}

export function stageFor(law: Law, options: StageOptions = {}): Stage {
  const clock = new StepClock();
  const sandbox = createSandbox({
    ...{
      clock,
      random: seededRandom(1),
      isTerse: true,
      metrics: null,
      mesh: { mode: options.isAdapted ? 'linkerd' : 'strict', ...(options.isLagging ? { lag: { routesMs: [5_000, 5_001] } } : {}) },
    },
    api: { objects: renderCrds() as readonly unknown[] },
  });
  const commits: SeenCommit[] = [];
  const reports: string[] = [];
  const strikes: Record<string, number> = {};
  const replicas: Replica[] = [];
  let current: SeenCall | undefined;
  let judged = 0;
  let effects = 0;
  let leader: { readonly identity: string; readonly epoch: number } | undefined;
  let isHealed = false;
  const run = {
    ...{ plan: { workload: 'promotion', seed: 1, faults: [] }, subject, sandbox, commits, strikes, struckNames: new Set<string>() },
    sim: { clock, sandbox, replicas },
    counts: { effects: 0, reads: 0, events: 0 },
    reference: options.reference,
    get isHealed() {
      return isHealed;
    },
    elapsedMs: () => clock.monotonicMs(),
    replicas: () => replicas.filter((replica) => replica.ended() === undefined),
  } as unknown as Run;
  const note = (what: string | undefined) => {
    if (what !== undefined) reports.push(what);
  };
  const watch = law.watch(run, (wrong) => {
    judged += 1;
    return wrong;
  });
  sandbox.server.store.onCommit(({ revision, type, key, object, previous }) => {
    const commit: SeenCommit = { atMs: clock.monotonicMs(), revision, type, key, object, previous, by: current };
    commits.push(commit);
    note(watch.onCommit?.(commit));
  });

  function callOf(replica: Replica, request: ApiRequest): SeenCall {
    const sort = request.method === 'GET' ? 'read' : 'effect';
    effects += 1;
    return { replica, request, sort, index: effects, sentMs: clock.monotonicMs() - (options.underwayMs ?? 0) };
  }
  function as(replica: Replica): ApiPort {
    return {
      watch: (request, onReady) => sandbox.api.watch(request, onReady),
      request(request) {
        const call = callOf(replica, request);
        if (call.sort === 'effect') note(watch.onCall?.(call));
        current = call;
        const answer = sandbox.api.request(request);
        current = undefined;
        note(watch.onAnswer?.(call, answer));
        return answer;
      },
    };
  }
  function join(name: string, { isStandby = false, isElected = true } = {}, epoch = (leader?.epoch ?? 0) + 1): Process {
    let ended: Ended | undefined;
    const identity = `${name}_${replicas.length + 1}`;
    let rate = 1;
    const time = { isFrozen: false, monotonicMs: () => clock.monotonicMs() * rate };
    const replica = { name, identity, time, isElected, ended: () => ended, isLeading: () => ended === undefined } as unknown as Replica;
    replicas.push(replica);
    if (!isStandby) leader = { identity, epoch };
    return {
      identity,
      client: createDirectClient(as(replica), { 'user-agent': `sluice/simulated (${identity})` }),
      end(how) {
        ended = how;
      },
      freeze() {
        time.isFrozen = true;
      },
      drift(given) {
        rate = given;
      },
    };
  }
  function renew(): void {
    if (leader === undefined) return;
    const { identity, epoch } = leader;
    const ref = { namespace: 'sluice-system', name: 'sluice-controller' };
    const spec = { holderIdentity: identity, leaseTransitions: epoch, leaseDurationSeconds: 15 };
    // What a renewal changes, beside the time.
    const metadata = { ...ref, annotations: { at: String(clock.monotonicMs()) } };
    const known = people.get(leases, ref);
    if (known === undefined) people.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
    else people.patch(leases, ref, { metadata: { annotations: metadata.annotations }, spec });
  }
  const people = createDirectClient(sandbox.api, { 'user-agent': 'kubectl' });
  for (const name of [namespace, 'sluice-system'])
    people.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  clock.runFor(100);
  const first = join('sluice-a', {}, 5);
  renew();
  return {
    ...{ run, sandbox, reports, people, controller: first.client, leader: first, judged: () => judged },
    join(name, options) {
      const joined = join(name, options);
      renew();
      return joined;
    },
    pass(ms) {
      const endMs = clock.monotonicMs() + ms;
      while (clock.monotonicMs() < endMs) {
        clock.runFor(Math.min(renewalMs, endMs - clock.monotonicMs()));
        note(watch.onEvent?.());
        if (replicas.find(({ identity }) => identity === leader?.identity)?.ended() === undefined) renew();
      }
      sandbox.settle();
    },
    call(request) {
      const replica = replicas.at(-1);
      if (replica !== undefined) note(watch.onCall?.(callOf(replica, request)));
    },
    log: (line) => note(watch.onLog?.(line)),
    strike(kind) {
      strikes[kind] = (strikes[kind] ?? 0) + 1;
    },
    heal() {
      isHealed = true;
    },
    rest() {
      isHealed = true;
      sandbox.settle();
      note(watch.onRest?.());
    },
    end: () => note(watch.atEnd?.()),
  };
}

export const must = <T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: { readonly message: string } },
): T => {
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
};

export const stable = 'aaaaaaaaaa';
export const canary = 'bbbbbbbbbb';
export const ref = (name: string) => ({ namespace, name });

const iso = (ms: number): string => new Date(ms).toISOString();

/** What is in the world of a law, and the words for changing it. */
export class Scene {
  readonly stage: Stage;

  constructor(stage: Stage) {
    this.stage = stage;
  }

  get rollout(): ApiObject {
    const rollout = this.stage.people.get(rolloutResource, ref('web'));
    if (rollout === undefined) throw new Error('there is no Rollout');
    return rollout;
  }

  now(): string {
    return iso(this.stage.run.sim.clock.nowMs());
  }

  /** A controller writes these fields of the status, with what it assumes. */
  status(fields: Readonly<Record<string, unknown>>, client = this.stage.controller): void {
    const { uid, resourceVersion } = this.rollout.metadata;
    must(client.patch(rolloutResource, ref('web'), { metadata: { uid, resourceVersion }, status: fields }, { subresource: 'status' }));
  }

  /** A split as a controller writes it, shares in this order. */
  split(shares: Readonly<Record<string, number>>, client = this.stage.controller): void {
    const backends = Object.entries(shares).map(([revision, weight]) => ({ service: nameOf(revision), weight }));
    const { uid } = this.rollout.metadata;
    const wrote = backends.map(({ service, weight }) => `${service}=${weight}`).join(',');
    const annotations = { 'sluice.dev/rollout-uid': uid, 'sluice.dev/epoch': '5', 'sluice.dev/wrote': wrote };
    const known = client.get(splits, ref('web'));
    const spec = { service: 'web', backends };
    const metadata = { ...ref('web'), annotations, ownerReferences: [this.owner()] };
    if (known === undefined)
      must(client.create(splits, { apiVersion: 'split.smi-spec.io/v1alpha4', kind: 'TrafficSplit', metadata, spec }));
    else
      must(
        client.patch(splits, ref('web'), {
          metadata: { uid: known.metadata.uid, resourceVersion: known.metadata.resourceVersion, annotations },
          spec,
        }),
      );
  }

  owner() {
    const { uid } = this.rollout.metadata;
    return { apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid, controller: true };
  }

  /** Service and Deployment of a revision, by a controller. */
  revision(revision: string, replicas: number, image = `web:${revision[0]}`): void {
    const labels = { 'sluice.dev/rollout': 'web', 'sluice.dev/revision': revision };
    const metadata = { ...ref(nameOf(revision)), labels, ownerReferences: [this.owner()] };
    must(
      this.stage.controller.create(resources.services, {
        ...{ apiVersion: 'v1', kind: 'Service', metadata },
        spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
      }),
    );
    must(this.stage.controller.create(resources.deployments, deployment(metadata, labels, replicas, image)));
  }

  /** A controller's patch of an object, with what it assumes. */
  change(
    resource: Resource,
    name: string,
    body: Readonly<Record<string, unknown>>,
    client = this.stage.controller,
    options: { readonly subresource?: 'status' | 'scale' } = {},
  ): void {
    const known = client.get(resource, ref(name));
    const { uid, resourceVersion } = known?.metadata ?? {};
    const metadata = { ...(body.metadata as object | undefined), uid, resourceVersion };
    must(client.patch(resource, ref(name), { ...body, metadata }, options));
  }

  scale(revision: string, replicas: number): void {
    this.change(resources.deployments, nameOf(revision), { spec: { replicas } });
  }

  remove(resource: Resource, name: string, client = this.stage.controller): void {
    const uid = client.get(resource, ref(name))?.metadata.uid;
    client.delete(resource, ref(name), { preconditions: { uid }, propagationPolicy: 'Background' });
  }

  /** The background analysis as a controller makes it. */
  analysis(fields: Readonly<Record<string, unknown>> = {}, name = `web-${canary}-1-bg`): void {
    const { uid } = this.rollout.metadata;
    const { rollout = {}, ...spec } = fields as { rollout?: object };
    must(
      this.stage.controller.create(runResource, {
        ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'AnalysisRun' },
        metadata: { ...ref(name), labels: { 'sluice.dev/revision': canary }, ownerReferences: [this.owner()] },
        spec: {
          metrics: [aMetric('success-rate')],
          rollout: { name: 'web', uid, kind: 'Background', revision: canary, attempt: 1, ...rollout },
          ...spec,
        },
      }),
    );
  }

  runStatus(status: Readonly<Record<string, unknown>>, name = `web-${canary}-1-bg`): void {
    const known = this.stage.controller.get(runResource, ref(name));
    const { uid, resourceVersion } = known?.metadata ?? {};
    must(this.stage.controller.patch(runResource, ref(name), { metadata: { uid, resourceVersion }, status }, { subresource: 'status' }));
  }

  /** Measured now, over a window that began then. */
  measured(result: string, fields: Readonly<Record<string, unknown>> = {}, windowStartedAt = this.now()) {
    const at = this.now();
    return { result, value: '1', requests: 50, startedAt: at, finishedAt: at, windowStartedAt, ...fields };
  }

  passed(windowStartedAt = this.now()): void {
    const measurements = [this.measured('Pass', {}, windowStartedAt)];
    const counts = { count: 1, successful: 1, failed: 0, inconclusive: 0, noData: 0, error: 0, invalid: 0 };
    const result = { name: 'success-rate', phase: 'Running', ...counts, measurements, passedWindowStartedAt: windowStartedAt };
    this.runStatus({ phase: 'Running', metricResults: [result] });
  }
}

export const nameOf = (revision: string): string => (revision.includes('-') || revision === 'web' ? revision : `web-${revision}`);

export const aMetric = (name: string) => ({
  ...{ name, interval: '10s', thresholdRange: { min: 0.99 }, minRequests: 20 },
  provider: { prometheus: { builtin: 'successRate' } },
});

function deployment(metadata: ApiDraft['metadata'], labels: Readonly<Record<string, string>>, replicas: number, image: string): ApiDraft {
  const containers = [{ name: 'web', image, ports: [{ name: 'http', containerPort: 8080 }] }];
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels: { ...labels, app: 'web' } }, spec: { containers } },
    },
  };
}

const steps = [{ setWeight: 20 }, { pause: { duration: '20s' } }, { setWeight: 60 }, { pause: { duration: '20s' } }];

export interface SceneOptions {
  readonly canary?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Stable with three pods and all traffic, as after an adoption. */
export function atRest(stage: Stage, options: SceneOptions = {}): Scene {
  const scene = new Scene(stage);
  const { people, controller } = stage;
  const labels = { app: 'web' };
  must(
    people.create(templateResource, {
      apiVersion: 'sluice.dev/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: ref('checks'),
      spec: { metrics: [aMetric('success-rate')] },
    }),
  );
  must(people.create(resources.deployments, deployment(ref('web'), labels, 0, 'web:a')));
  must(
    people.create(resources.services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: ref('web'),
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    }),
  );
  must(
    people.create(rolloutResource, {
      ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', metadata: ref('web') },
      spec: {
        ...{ workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, replicas: 3, service: { name: 'web' } },
        traffic: { smi: { provider: 'generic' } },
        strategy: { canary: { steps, scaleDownDelay: '20s', ...options.canary } },
        ...options.spec,
      },
    }),
  );
  scene.status({ phase: 'Initializing', stableRevision: stable, weight: { desired: 0 }, epoch: 5 });
  scene.revision(stable, 3);
  stage.pass(4_000);
  scene.split({ [stable]: 100 });
  stage.pass(12_000);
  const { finalizers = [] } = scene.rollout.metadata;
  scene.change(rolloutResource, 'web', { metadata: { finalizers: [...finalizers, 'sluice.dev/finalizer'] } });
  scene.status({ phase: 'Healthy', weight: { desired: 0, written: 0, confirmedBy: 'Elapsed', confirmedAt: scene.now() } });
  void controller;
  return scene;
}

/** A new template, and its canary at 0 % with a pod. */
export function begun(stage: Stage, options: SceneOptions = {}): Scene {
  const scene = atRest(stage, options);
  must(
    stage.people.patch(resources.deployments, ref('web'), {
      spec: { template: { spec: { containers: [{ name: 'web', image: 'web:b' }] } } },
    }),
  );
  stage.pass(1_000);
  const startedAt = scene.now();
  scene.status({
    ...{ phase: 'Progressing', canaryRevision: canary, attempt: 1, run: { startedAt, replicasFloor: 3 } },
    step: { index: 0, total: 4, label: '1/4', kind: 'setWeight', startedAt },
  });
  scene.revision(canary, 1);
  scene.split({ [canary]: 0, [stable]: 100 });
  stage.pass(12_000);
  return scene;
}

/** The canary at 20 %, confirmed, in its first pause. */
export function midCanary(stage: Stage, options: SceneOptions = {}): Scene {
  const scene = begun(stage, options);
  raise(scene, 20, 0);
  confirm(scene, 20);
  enter(scene, 1);
  return scene;
}

export function raise(scene: Scene, weight: number, written: number): void {
  scene.status({ weight: { desired: weight, written, confirmedBy: null, confirmedAt: null } });
  scene.split({ [canary]: weight, [stable]: 100 - weight });
}

export function confirm(scene: Scene, weight: number): void {
  scene.stage.pass(2_000);
  scene.status({ weight: { desired: weight, written: weight, confirmedBy: 'Adapter', confirmedAt: scene.now() } });
}

export function enter(scene: Scene, index: number): void {
  const kind = ['setWeight', 'pause', 'setWeight', 'pause'][index] ?? 'promotion';
  scene.status({ step: { index, total: 4, label: `${Math.min(index + 1, 4)}/4`, kind, startedAt: scene.now() } });
}

/** All steps through, at a confirmed 100 %, with all pods. */
export function throughSteps(stage: Stage, options: SceneOptions = {}): Scene {
  const scene = midCanary(stage, options);
  stage.pass(22_000);
  scene.scale(canary, 3);
  stage.pass(4_000);
  enter(scene, 2);
  raise(scene, 60, 20);
  confirm(scene, 60);
  enter(scene, 3);
  stage.pass(22_000);
  enter(scene, 4);
  raise(scene, 100, 60);
  confirm(scene, 100);
  return scene;
}

export function promote(scene: Scene): void {
  scene.status({
    ...{ phase: 'Healthy', stableRevision: canary, canaryRevision: null, attempt: null, run: null, step: null },
    weight: { desired: 0, written: 0, confirmedBy: 'Adapter', confirmedAt: scene.now() },
    history: [{ revision: canary, startedAt: scene.now(), finishedAt: scene.now(), outcome: 'Promoted' }],
  });
}

export function abort(scene: Scene): void {
  scene.status({
    ...{ phase: 'Aborting', abort: { reason: 'AnalysisFailed', message: 'no', at: scene.now() } },
    weight: { desired: 0, written: 20, confirmedBy: null, confirmedAt: null },
  });
}

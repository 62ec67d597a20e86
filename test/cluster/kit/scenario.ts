import { type App, type Backends, type Deployment, deployment, service, trafficSplit } from './apps.ts';
import { type AuditedRequest, type AuditFilter, auditMark, readAudit } from './audit.ts';
import type { Bed } from './bed.ts';
import { control } from './child.ts';
import type { ApiClient, KubeObject } from './client.ts';
import { type Controller, type ControllerOptions, startController } from './controller.ts';
import { groundOf } from './ground.ts';
import { type Histories, recordHistories, type Tolerated, violations } from './invariants.ts';
import { MESH_LABEL, type MeshMode, MODE_LABEL } from './layout.ts';
import { type Load, type LoadOptions, loadOf } from './load.ts';
import { type LossyWay, lossyWayTo } from './lossy.ts';
import type { AppliedWeights, Service } from './mesh-types.ts';
import { type Outage, outageOf } from './outage.ts';
import { type Plural, pathOf } from './paths.ts';
import { type Recorder, recordVersions } from './recorder.ts';
import { waitFor, waitForObject } from './wait.ts';

export interface ScenarioOptions {
  readonly mode?: MeshMode;
  /** Vitest's `onTestFinished` of the test's context: disposes of the scenario whatever way the test ends. */
  readonly cleanup?: (dispose: () => Promise<void>) => void;
  /** Inside `exclusive`, where nobody else is. */
  readonly alone?: boolean;
  /** The version that splits are recorded in, where v1alpha4 is not served. */
  readonly splitVersion?: string;
}

/** One namespace with everything that a scenario does in it. */
export interface Scenario {
  readonly name: string;
  readonly bed: Bed;
  /** Deployment and Service of one name, applied as a user would with `kubectl apply --server-side`. */
  deploy(app: App): Promise<void>;
  deployOnly(app: App): Promise<void>;
  service(name: string, selector: Readonly<Record<string, string>>): Promise<void>;
  split(root: string, backends: Backends, version?: string): Promise<void>;
  /** All replicas are ready, and the data plane has them as endpoints of every Service that selects them. */
  ready(deployment: string, replicas?: number): Promise<void>;
  /** The data plane takes requests for the Service. */
  takes(service: string): Promise<boolean>;
  load(service: string, options: LoadOptions): Promise<Load>;
  /** What the data plane really did with the root, oldest first. */
  applied(root: string): Promise<AppliedWeights[]>;
  /** Waits until the data plane runs with these percents. */
  waitApplied(root: string, weights: Readonly<Record<string, number>>): Promise<AppliedWeights>;
  readonly adapter: { pause(): Promise<void>; resume(): Promise<void>; lag(ms: number): Promise<void> };
  /** A way to Prometheus, or to the API server, that this scenario can cut for itself; see `prometheus` and `server` of `controller`. */
  outage(of: 'prometheus' | 'api-server'): Promise<Outage & { readonly url: string }>;
  /** A way to the API server on which watches lose what the scenario says; see `server` of `controller`. */
  lossyWay(): Promise<LossyWay>;
  /** Every version of the objects of one kind from now on. */
  record<T extends KubeObject = KubeObject>(plural: Plural): Promise<Recorder<T>>;
  controller(options?: ControllerOptions): Promise<Controller>;
  /** Every version of Rollouts, splits and runs; recorded from the first call, or else from the first controller on. */
  histories(): Promise<Histories>;
  /** What `judge` is to let pass, beside what it was told before. */
  tolerate(tolerated: Tolerated): void;
  /** Stops the loads, and throws where anything of invariants.ts was broken. Once; the end of the scenario does it where no test did. */
  judge(): Promise<void>;
  /** Requests to the API server since this scenario began. */
  audit(filter?: AuditFilter): AuditedRequest[];
  /** Stops loads and controllers, judges, deletes the namespace (without waiting for its end). */
  dispose(): Promise<void>;
}

export async function openScenario(
  bed: Bed,
  name: string,
  { mode = 'strict', splitVersion }: ScenarioOptions,
  release: () => Promise<void>,
): Promise<Scenario> {
  const { admin, info } = bed;
  const mark = auditMark(info.auditFile);
  const loads: Load[] = [];
  const controllers: Controller[] = [];
  const later: (() => Promise<void>)[] = [];
  const mesh = <T>(route: string, input: Readonly<Record<string, unknown>> = {}): Promise<T> =>
    control(info.meshUrl, route, { namespace: name, ...input });
  await createNamespace(admin, name, { [MESH_LABEL]: 'true', [MODE_LABEL]: mode });
  await mesh('forget');
  let histories: ReturnType<typeof recordHistories> | undefined;
  let tolerated: Tolerated = {};
  let isJudged = false;

  const ground = groundOf(info);
  const rootOf = async (of: string) => {
    const { spec } = await admin.get<Service>(pathOf('services', name, of));
    return { namespace: name, service: of, clusterIp: spec.clusterIP ?? '' };
  };
  const applied = (root: string) => mesh<AppliedWeights[]>('applied', { root });
  const deployOnly = async (app: App) => void (await admin.apply(deployment(name, app), { manager: 'user' }));
  const applyService = async (of: string, selector: Readonly<Record<string, string>>) =>
    void (await admin.apply(service(name, of, selector), { manager: 'user' }));
  const record = () => {
    histories ??= recordHistories(admin, name, splitVersion).then((recorders) => {
      later.push(async () => Object.values(recorders).forEach((recorder) => void recorder.stop()));
      return recorders;
    });
    return histories;
  };
  const judge = async () => {
    await Promise.all(loads.map((load) => load.stop()));
    if (histories === undefined || isJudged) return;
    isJudged = true;
    const lost = loads.flatMap((load) => load.summary().lost);
    const broken = violations(await histories, lost, tolerated);
    if (broken.length > 0) throw new Error(`broken in ${name}:\n${broken.slice(0, 10).join('\n')}`);
  };
  return {
    name,
    bed,
    deployOnly,
    deploy: async (app) => {
      await deployOnly(app);
      await applyService(app.name, { app: app.name });
    },
    service: applyService,
    split: async (root, backends, version) => void (await admin.apply(trafficSplit(name, root, backends, version), { manager: 'user' })),
    ready: async (of, replicas) => {
      const found = await waitForObject<Deployment>(
        admin,
        pathOf('deployments', name, of),
        `Deployment ${name}/${of} ready`,
        (object) => isReady(object, replicas),
        ofBed,
      );
      const labels = found?.spec.template.metadata.labels ?? {};
      // Ready for the API server is not yet ready for the mesh, and what is sent in between is lost.
      const { items } = await admin.list<Service>(pathOf('services', name));
      const selects = ({ spec }: Service) =>
        spec.selector !== undefined && Object.entries(spec.selector).every(([key, value]) => labels[key] === value);
      const fronts = items.filter(selects);
      const has = async () => {
        const counts = await mesh<Record<string, number>>('endpoints');
        const isKnown = ({ metadata }: Service) =>
          Object.entries(counts).some(
            ([cluster, count]) => cluster.startsWith(`${name}/${metadata.name}|`) && count >= (found?.status?.replicas ?? 0),
          );
        return (found?.status?.replicas ?? 0) === 0 || fronts.every(isKnown);
      };
      await waitFor(`the mesh to have the endpoints of ${name}/${of}`, has, ofBed);
    },
    takes: async (of) => ground.takes(await rootOf(of)),
    load: async (of, options) => {
      const root = await rootOf(of);
      // The data plane may not have heard of the Service yet; what is lost after this is lost for real.
      await waitFor(`a listener for ${name}/${of}`, () => ground.takes(root), ofBed);
      const load = loadOf(name, await ground.generate(root, options));
      loads.push(load);
      return load;
    },
    applied,
    waitApplied: (root, weights) =>
      waitFor(`the data plane to give ${name}/${root} ${JSON.stringify(weights)}`, async () => {
        const last = (await applied(root)).at(-1);
        if (last === undefined) return undefined;
        const names = new Set([...Object.keys(weights), ...Object.keys(last.weights)]);
        return [...names].every((each) => Math.abs((weights[each] ?? 0) - (last.weights[each] ?? 0)) < 0.01) ? last : undefined;
      }),
    adapter: { pause: () => mesh('pause'), resume: () => mesh('resume'), lag: (ms) => mesh('lag', { ms }) },
    outage: async (of) => {
      const { protocol, hostname, port } = new URL(of === 'prometheus' ? info.prometheusUrl : info.apiUrl);
      const outage = await outageOf({ host: hostname, port: Number(port) });
      later.push(() => outage.close());
      return { ...outage, url: `${protocol}//${outage.host}:${outage.port}` };
    },
    lossyWay: async () => {
      const way = await lossyWayTo({ url: info.apiUrl, caFile: info.caFile });
      later.push(() => way.close());
      return way;
    },
    record: async <T extends KubeObject>(plural: Plural) => {
      const recorder = await recordVersions<T>(admin, pathOf(plural, name));
      later.push(async () => recorder.stop());
      return recorder;
    },
    controller: async (options) => {
      await record();
      const controller = await startController(admin, info, name, options);
      controllers.push(controller);
      return controller;
    },
    histories: record,
    tolerate: (more) => {
      tolerated = { ...tolerated, ...more };
    },
    judge,
    audit: (filter) => readAudit(info.auditFile, filter, mark),
    dispose: async () => {
      try {
        await judge();
      } finally {
        await Promise.all(controllers.map((controller) => controller.stop()));
        await Promise.all(later.map((end) => end()));
        try {
          await deleteNamespace(admin, name);
        } finally {
          await release();
        }
      }
    },
  };
}

const ofBed = { isOfBed: true };

/** Waits for one of the same name to be gone: mutants.ts has a scenario run again on one bed. */
async function createNamespace(admin: ApiClient, name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const isLeaving = (found: KubeObject | undefined) => found?.metadata.deletionTimestamp !== undefined;
  const path = `/api/v1/namespaces/${name}`;
  if (isLeaving(await admin.find(path)))
    await waitForObject(admin, path, `the last namespace ${name} to be gone`, (found) => !isLeaving(found), ofBed);
  await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  await waitFor(`the default service account of ${name}`, () => admin.find(pathOf('serviceaccounts', name, 'default')), ofBed);
}

/** Nobody is there any more to take our finalizer away. */
async function deleteNamespace(admin: ApiClient, name: string): Promise<void> {
  await admin.remove(`/api/v1/namespaces/${name}`);
  const { items } = await admin.list(pathOf('rollouts', name));
  const free = (rollout: KubeObject) => admin.patch(pathOf('rollouts', name, rollout.metadata.name), { metadata: { finalizers: null } });
  // One that is gone meanwhile needs nothing.
  await Promise.allSettled(items.map(free));
}

function isReady(object: Deployment | undefined, replicas: number | undefined): boolean {
  const wanted = replicas ?? object?.spec.replicas ?? 1;
  const { observedGeneration = 0, readyReplicas = 0, updatedReplicas = 0, replicas: all = 0 } = object?.status ?? {};
  return (
    object !== undefined &&
    observedGeneration >= (object.metadata.generation ?? 0) &&
    [readyReplicas, updatedReplicas, all].every((count) => count === wanted)
  );
}

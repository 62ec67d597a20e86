import type { ObjectRef } from '../../../src/kube/index.ts';
import type { MeshMode } from '../../../src/sandbox/mesh/index.ts';
import type { MeshName } from '../../../src/sandbox/prometheus/index.ts';
import type { Ending, Run, Workload } from '../play/run.ts';
import { rolloutOf, rollouts } from '../play/settled.ts';
import {
  type AppVersion,
  apply,
  checksObject,
  clients,
  create,
  deploymentObject,
  namespaceObject,
  outsiders,
  rolloutObject,
  serviceObject,
  subject,
} from './kit.ts';

/** The workloads that begin alike: an app with its Service in a mesh, clients, a Rollout, and once that is Healthy what people do then. */
export interface Story {
  readonly name: string;
  readonly text: string;
  /** Default: linkerd. */
  readonly mesh?: MeshMode;
  readonly provider?: string;
  /** What Prometheus is asked in. Default: the mesh's own words. */
  readonly dialect?: MeshName;
  readonly app?: AppVersion;
  /** In place of `app`, whole. */
  readonly deployment?: Readonly<Record<string, unknown>>;
  /** The Service is applied by the server's side, as Flux does it: its selector is not ours to pin. */
  readonly isUnpinned?: boolean;
  /** What else is there before. */
  readonly objects?: readonly Readonly<Record<string, unknown>>[];
  /** In place of the success rate. */
  readonly checks?: Readonly<Record<string, unknown>>;
  /** Without an analysis: null. */
  readonly analysis?: Readonly<Record<string, unknown>> | null;
  readonly steps?: readonly object[];
  readonly canary?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Requests per second. */
  readonly perSecond?: number;
  /** And so many from a client outside the mesh. */
  readonly unmeshedPerSecond?: number;
  /** How late the mesh's SMI adapter is. Default: not at all. */
  readonly adapterMs?: readonly [number, number];
  readonly hasCrashes?: boolean;
  readonly lengthMs?: number;
  /** Until the app is up, and clients and the Rollout come. */
  readonly beginsMs?: number;
  /** Once the first version is Healthy. */
  readonly act?: (run: Run) => void;
  readonly ending: Ending | Workload['ending'];
}

const usualSteps = [{ setWeight: 20 }, { pause: { duration: '10s' } }, { setWeight: 60 }];
const usualApp: AppVersion = { image: 'web:1', replicas: 2 };

export const namesOf = (mesh: MeshMode): MeshName => (mesh === 'strict' || mesh === 'none' ? 'envoy' : mesh);

export function tell(story: Story): Workload {
  const { name, text, ending, mesh = 'linkerd', objects = [], checks = checksObject, hasCrashes } = story;
  const { deployment = deploymentObject(story.app ?? usualApp) } = story;
  return {
    ...{ name, text, subject, replicas: ['sluice-a', 'sluice-b'], lengthMs: story.lengthMs ?? 130_000 },
    ...(hasCrashes === undefined ? {} : { hasCrashes }),
    sandbox: {
      mesh: { mode: mesh, ...(story.adapterMs === undefined ? {} : { lag: { adapterMs: story.adapterMs } }) },
      metrics: { dialects: [story.dialect ?? namesOf(mesh)], scrapeMs: 5_000 },
    },
    prepare(run) {
      for (const object of [namespaceObject, ...objects, deployment, checks]) apply(run, object);
      (story.isUnpinned === true ? apply : create)(run, serviceObject);
    },
    act(run) {
      if (story.beginsMs === undefined) begin(run);
      else run.at(story.beginsMs, () => begin(run));
    },
    ending: typeof ending === 'function' ? ending : () => ending,
  };

  function begin(run: Run): void {
    if (story.perSecond !== 0) clients(run, story.perSecond);
    if (story.unmeshedPerSecond !== undefined) outsiders(run, story.unmeshedPerSecond);
    apply(run, rolloutOfStory(story));
    if (story.act !== undefined) onceIn(run, 'Healthy', () => story.act?.(run));
  }
}

/** As its users apply it, and apply it again with something changed. */
export function rolloutOfStory(story: Story, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const { mesh = 'linkerd', provider = mesh === 'strict' ? 'generic' : mesh, steps = usualSteps, canary = {}, spec = {} } = story;
  const { analysis = { templates: [{ name: 'checks' }] } } = story;
  const watched = analysis === null ? {} : { analysis };
  const strategy = { steps, ...watched, scaleDownDelay: '15s', abortScaleDownDelay: '5s', ...canary };
  const rollout = rolloutObject(strategy, { replicas: 2, traffic: { smi: { provider } }, ...spec, ...more });
  // As it is sent: what is undefined is left out.
  return JSON.parse(JSON.stringify(rollout));
}

const statusOf = (run: Run) => rolloutOf(run)?.status;
export const phaseOf = (run: Run): string | undefined => statusOf(run)?.phase;
export const weightOf = (run: Run) => statusOf(run)?.weight as { readonly desired?: number; readonly confirmedAt?: string } | undefined;

/** Once, as soon as it is in this phase. */
export const onceIn = (run: Run, phase: string, act: () => void): void => run.when(() => phaseOf(run) === phase, act);

/** Each time that the Rollout comes to be in this phase; unlike what is to happen once, the run does not wait for it. */
export function eachTimeIn(run: Run, phase: string, act: () => void): void {
  const phaseIn = (object: object | undefined): string | undefined =>
    (object as { status?: { phase?: string } } | undefined)?.status?.phase;
  run.sandbox.server.store.onCommit(({ type, key, object, previous }) => {
    const isSubject = object.kind === 'Rollout' && key === `${subject.namespace}/${subject.rollout}` && type !== 'DELETED';
    if (isSubject && phaseIn(object) === phase && phaseIn(previous) !== phase) act();
  });
}

/** Once, as soon as the canary has this weight, confirmed. */
export const onceAt = (run: Run, weight: number, act: () => void): void =>
  run.when(
    () => weightOf(run)?.desired === weight && weightOf(run)?.confirmedAt !== undefined && statusOf(run)?.canaryRevision !== undefined,
    act,
  );

export const later = (run: Run, ms: number, act: () => void): void => run.at(run.elapsedMs() + ms, act);

export const release = (run: Run, version: AppVersion): void => apply(run, deploymentObject({ replicas: undefined, ...version }));

export const rolloutRef: ObjectRef = { namespace: subject.namespace, name: subject.rollout };

/** As `kubectl patch` does it, or an editor. */
export function patchRollout(run: Run, spec: Readonly<Record<string, unknown>>): void {
  const done = run.sandbox.client.patch(rollouts, rolloutRef, { spec });
  if (!done.ok && done.failure.status !== 404) throw new Error(`patch of the Rollout: ${JSON.stringify(done.failure)}`);
}

/** An AnalysisTemplate by the name of `checks`. */
export const checksOf = (...metrics: readonly Readonly<Record<string, unknown>>[]) => ({ ...checksObject, spec: { metrics } });

export const successRate = (more: Readonly<Record<string, unknown>> = {}) => ({ ...checksObject.spec.metrics[0], ...more });

/** Of the canary's Deployment and Service. */
export const canaryName = (run: Run): string => `web-${statusOf(run)?.canaryRevision}`;

/** Names of the pods that run of the canary. */
export function canaryPods(run: Run): readonly string[] {
  const workload = canaryName(run);
  return [...run.sandbox.network.servers()].filter(({ identity }) => identity.workload === workload).map(({ pod }) => pod);
}

interface Seen {
  readonly kind?: string;
  readonly status?: unknown;
}

/** Of a written Rollout: that its first release was promoted, or rolled back. */
export const isPromoted = ({ kind, status }: Seen): boolean => {
  const { phase, history = [] } = (status ?? {}) as { readonly phase?: string; readonly history?: readonly unknown[] };
  return kind === 'Rollout' && phase === 'Healthy' && history.length === 1;
};
export const isRolledBack = ({ kind, status }: Seen): boolean =>
  kind === 'Rollout' && (status as { readonly phase?: string } | undefined)?.phase === 'RolledBack';

import type { FieldError } from '../api/index.ts';
import { brokenRunView, runView } from '../core/analysis/index.ts';
import { keptConfigName, revisionName, rolloutLabelValue } from '../core/names.ts';
import { templateHashOf } from '../core/objects/index.ts';
import { originalTemplate } from '../core/revision.ts';
import type { ChangeWindow, Rollout } from '../core/rollout.ts';
import { windowsState } from '../core/windows.ts';
import type {
  DecisionView,
  PodTemplate,
  Revision,
  RevisionService,
  RootService,
  RunView,
  ShareView,
  Traffic,
  Workload,
  World,
} from '../core/world.ts';
import type { RouterTarget } from '../traffic/index.ts';
import { routerOf } from '../traffic/index.ts';
import type { Cache } from './cache.ts';
import type { Decisions } from './decisions.ts';
import { thing } from './dependencies.ts';
import type { Measurer } from './measurer.ts';
import type { MeshWatch } from './mesh-watch.ts';
import { templateProblemsOf, templateThings } from './observe-templates.ts';
import type { DeploymentRecord, RolloutRecord, ServiceRecord } from './records.ts';
import type { Refusals } from './refusals.ts';
import { unreadable } from './refusals.ts';
import type { SecretHashes } from './secret-hashes.ts';
import { targetOf, usesOf } from './target.ts';

export interface Observers {
  readonly cache: Cache;
  readonly mesh: MeshWatch;
  readonly refusals: Refusals;
  readonly measurer: Pick<Measurer, 'share'>;
  readonly secrets: SecretHashes;
  readonly decisions: Pick<Decisions, 'on' | 'isReady'>;
  /** Of the whole cluster, by the configuration. */
  readonly windows: readonly ChangeWindow[];
  /** How far our time is ahead of the API server's side, which wrote the times of Deployments and Services. */
  readonly clockAheadMs: () => number;
  /** Whether the share can be asked for in this mesh. */
  readonly canSeeShare: (target: RouterTarget) => boolean;
}

/** What became of one key, and the things that were looked at. */
export type Observation =
  | { readonly kind: 'gone' }
  | { readonly kind: 'invalid'; readonly record: RolloutRecord; readonly errors: readonly FieldError[] }
  /** A watch that the decision needs has not synced; its sync wakes the key. */
  | { readonly kind: 'unready'; readonly things: readonly string[] }
  /** Nor will it: these kinds may not be read. */
  | { readonly kind: 'refused'; readonly record: RolloutRecord; readonly kinds: readonly string[] }
  | {
      readonly kind: 'world';
      readonly world: World;
      readonly target: RouterTarget | undefined;
      readonly things: readonly string[];
      /** Keys of the mesh's records that were looked at. */
      readonly meshKeys: readonly string[];
      readonly recheckAtMs?: number | undefined;
    };

/** Gathers, from the stores alone, all that a decision on one Rollout may see. */
export function observe(key: string, epoch: number, nowMs: number, observers: Observers): Observation {
  const { cache, mesh } = observers;
  const record = cache.rollouts.get(key);
  if (record === undefined) return { kind: 'gone' };
  if (!record.decoded.ok) return { kind: 'invalid', record, errors: record.decoded.failure };
  if (!cache.isSynced) {
    const kinds = observers.refusals.among(cache.resources);
    return kinds.length === 0 ? { kind: 'unready', things: [] } : { kind: 'refused', record, kinds };
  }
  if (!observers.decisions.isReady) return { kind: 'unready', things: [] };
  const rollout = record.decoded.value;
  const { namespace, name } = rollout;
  const root = rollout.spec.service.name;
  const own = [thing.claim(namespace, root), thing.service(namespace, root), thing.ours(namespace, rolloutLabelValue(name))];
  if (mesh.facts === undefined) return { kind: 'unready', things: own };

  const workloadRecord =
    rollout.spec.workloadRef === undefined ? undefined : cache.deployments.get(`${namespace}/${rollout.spec.workloadRef.name}`);
  const uses = usesOf(rollout, workloadRecord);
  const revisions = revisionsOf(rollout, observers);
  const traffic = trafficOf(rollout, revisions, observers);
  const templates = templateThings(rollout);
  const things = [
    ...own,
    ...(rollout.spec.workloadRef === undefined ? [] : [thing.deployment(namespace, rollout.spec.workloadRef.name)]),
    ...uses.map((use) => thing.config(use.kind, namespace, use.name)),
    ...templates,
    ...(traffic?.keys.map(thing.mesh) ?? []),
  ];
  const secretsRecheckMs = observers.secrets.want(namespace, uses, nowMs);
  if (traffic === undefined || !observers.secrets.knows(namespace, uses)) return { kind: 'unready', things };
  const kinds = [...observers.refusals.among(cache.resources, namespace), ...traffic.unreadable];
  const world: World = {
    nowMs,
    epoch,
    rollout,
    target: targetOf(rollout, workloadRecord, uses, observers),
    workload: workloadRecord === undefined ? undefined : restoredOf(rollout, workloadOf(workloadRecord), workloadRecord, revisions),
    rootService: rootOf(rollout, cache),
    revisions,
    traffic: traffic.traffic,
    runs: runsOf(rollout, cache, nowMs),
    templateProblems: templateProblemsOf(rollout, cache),
    decisions: decisionsOn(key, observers),
    window: windowsState([observers.windows, rollout.spec.windows], nowMs),
    rival: rivalOf(record, cache),
    ...(kinds.length === 0 ? {} : { unreadable: unreadable(kinds) }),
  };
  return { kind: 'world', world, target: traffic.target, things, meshKeys: traffic.keys, recheckAtMs: secretsRecheckMs };
}

/** Their time is the API server's. */
function decisionsOn(key: string, { decisions, clockAheadMs }: Observers): readonly DecisionView[] {
  const unanswered = decisions.on(key);
  const aheadMs = clockAheadMs();
  return aheadMs === 0 ? unanswered : unanswered.map((decision) => ({ ...decision, createdAtMs: decision.createdAtMs + aheadMs }));
}

function workloadOf(record: DeploymentRecord): Workload {
  const { name, uid, resourceVersion, generation, replicas, readyReplicas, isPaused, isDeleting, templateHash, replicasManager } = record;
  const isRolledOut = record.isObserved && record.updatedReplicas >= replicas && record.totalReplicas === record.updatedReplicas;
  return {
    name,
    uid,
    resourceVersion,
    generation,
    replicas,
    readyReplicas,
    isPaused,
    isDeleting,
    templateHash,
    isRolledOut,
    replicasManager,
  };
}

/** Given back with what stable read, it runs stable's template. */
function restoredOf(
  { isDeleting, status: { stableRevision = '' } }: Rollout,
  workload: Workload,
  { template, uses }: DeploymentRecord,
  revisions: readonly Revision[],
): Workload {
  const copies = revisions.find(({ revision }) => revision === stableRevision)?.deployment?.copies ?? [];
  if (!isDeleting || template === undefined) return workload;
  const kept = copies.filter((copy) =>
    uses.some(({ kind, name }) => kind === copy.kind && name === keptConfigName(copy.name, stableRevision)),
  );
  if (kept.length === 0) return workload;
  const original = originalTemplate(stableRevision, JSON.parse(template.unpack()) as PodTemplate, copies);
  return { ...workload, kept, templateHash: templateHashOf(original) };
}

function rootOf(rollout: Rollout, cache: Cache): RootService | undefined {
  const record = cache.services.get(`${rollout.namespace}/${rollout.spec.service.name}`);
  if (record === undefined) return undefined;
  const { name, uid, resourceVersion, selector, ports, clusterIP, type, selectorApplier, mark } = record;
  return { name, uid, resourceVersion, selector, ports, clusterIP, type, selectorApplier, isOurs: mark?.ownerUid === rollout.uid };
}

function revisionsOf(rollout: Rollout, { cache, clockAheadMs }: Observers): readonly Revision[] {
  const isOwn = ({ name }: { name: string }) => name !== rollout.spec.service.name;
  const deployments = new Map(cache.deployments.byIndex('owner', rollout.uid).map((record) => [record.mark?.revision ?? '', record]));
  const services = new Map(
    cache.services
      .byIndex('owner', rollout.uid)
      .filter(isOwn)
      .map((record) => [record.mark?.revision ?? '', record]),
  );
  const aheadMs = clockAheadMs();
  return [...new Set([...deployments.keys(), ...services.keys()])].map((revision): Revision => {
    const [deployment, service] = [deployments.get(revision), services.get(revision)];
    const name = deployment?.name ?? service?.name ?? revisionName(rollout.name, revision);
    const endpoints = cache.endpoints.byIndex('service', `${rollout.namespace}/${name}`);
    return {
      revision,
      name,
      createdAt: deployment?.createdAt ?? service?.createdAt ?? '',
      deployment: deployment === undefined ? undefined : byOurClock(deployment, aheadMs),
      service: service === undefined ? undefined : serviceOf(service, aheadMs),
      readyEndpoints: endpoints.reduce((sum, { ready }) => sum + ready, 0),
    };
  });
}

const byOurClock = (deployment: DeploymentRecord, aheadMs: number): DeploymentRecord =>
  deployment.availableSinceMs === undefined || aheadMs === 0
    ? deployment
    : { ...deployment, availableSinceMs: deployment.availableSinceMs + aheadMs };

function serviceOf({ uid, resourceVersion, ports, portsSinceMs, createdAt }: ServiceRecord, aheadMs: number): RevisionService {
  const createdAtMs = Date.parse(createdAt) + aheadMs;
  return { uid, resourceVersion, ports, portsSinceMs, ...(Number.isNaN(createdAtMs) ? {} : { createdAtMs }) };
}

interface TrafficSeen {
  readonly traffic: Traffic;
  readonly target: RouterTarget | undefined;
  readonly keys: readonly string[];
  readonly unreadable: readonly string[];
}

function trafficOf(rollout: Rollout, revisions: readonly Revision[], observers: Observers): TrafficSeen | undefined {
  const { mesh } = observers;
  if (mesh.facts === undefined) return undefined;
  const { router, config } = routerOf(rollout.spec.traffic);
  const resolved = router.resolve(config, mesh.facts, rollout.status.run?.provider);
  if (!resolved.ok) return { traffic: { kind: 'unusable', ...resolved.failure }, target: undefined, keys: [], unreadable: [] };
  const target = resolved.value;
  const { namespace, uid, name } = rollout;
  const adopts = rollout.adoptsSplit;
  const subject = {
    namespace,
    root: rollout.spec.service.name,
    rollout: { uid, name, adopts },
    services: revisions.map((revision) => revision.name),
  };
  const keys = router.keysFor(config, target, subject);
  const seen = mesh.records(router, target, { keys, namespace });
  if (seen.kind === 'unsynced') return undefined;
  if (seen.kind === 'refused')
    return { traffic: { kind: 'unusable', reason: 'Forbidden', message: unreadable(seen.unreadable) }, target, keys, unreadable: [] };
  const reading = router.read(config, target, subject, seen.records);
  const share = shareOf(rollout, target, observers);
  return { traffic: { kind: 'usable', ...reading, share }, target, keys, unreadable: seen.unreadable };
}

function shareOf(rollout: Rollout, target: RouterTarget, { measurer, canSeeShare }: Observers): ShareView {
  if (!canSeeShare(target)) return { kind: 'unavailable' };
  const reading = measurer.share(`${rollout.namespace}/${rollout.name}`);
  return reading === undefined ? { kind: 'pending' } : { kind: 'reading', ...reading };
}

function runsOf(rollout: Rollout, cache: Cache, nowMs: number): readonly RunView[] {
  return cache.runs.byIndex('rollout', rollout.uid).flatMap(({ decoded, broken }) => {
    const view = decoded.ok ? runView(decoded.value, nowMs) : broken === undefined ? undefined : brokenRunView(broken);
    return view === undefined ? [] : [view];
  });
}

/** The older Rollout on the same Service or workload: by age, then by UID, so that exactly one of two is the older. */
function rivalOf(record: RolloutRecord, cache: Cache): string | undefined {
  const { namespace } = record;
  const same = [
    ...cache.rollouts.byIndex('service', `${namespace}/${record.service}`),
    ...(record.workload === undefined ? [] : cache.rollouts.byIndex('workload', `${namespace}/${record.workload}`)),
  ];
  const older = same.find(
    (other) =>
      other.uid !== record.uid && (other.createdAt < record.createdAt || (other.createdAt === record.createdAt && other.uid < record.uid)),
  );
  return older === undefined ? undefined : `${older.namespace}/${older.name}`;
}

import type { FieldError } from '../api/index.ts';
import { annotations, decodeLeavingRollout, decodeRollout, finalizer, labels, listAt, textAt } from '../api/index.ts';
import { restartedAtAnnotation, rolloutUidAnnotation } from '../core/names.ts';
import { configsAnnotation, configsIn, portsSinceAnnotation, templateHashAnnotation } from '../core/objects/index.ts';
import type { ConfigName, ConfigUse } from '../core/revision.ts';
import { configHash } from '../core/revision.ts';
import type { Rollout } from '../core/rollout.ts';
import type { RootPort } from '../core/world.ts';
import type { KubeObject, ManagedFieldsEntry, ObjectMeta, OwnerReference, Versioned } from '../kube/index.ts';
import type { Interner, PackedText, Result } from '../lib/index.ts';
import { isObject, ok } from '../lib/index.ts';
import type { RolloutSpecs, UserTemplates } from './read-before.ts';

/** Projections: what the stores keep of each object. Raw objects are never held; names that several objects repeat are kept once. */

export type Shared = Pick<Interner, 'text' | 'share' | 'compact'>;

export interface OurMark {
  /** Value of the label, which names the Rollout. */
  readonly rollout: string;
  readonly revision: string | undefined;
  /** UID of the Rollout. */
  readonly ownerUid: string | undefined;
}

export interface RolloutRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: string;
  readonly generation: number;
  readonly decoded: Result<Rollout, readonly FieldError[]>;
  /** Of an object that cannot be decoded: what its status says, to be patched only. */
  readonly rawStatus: Readonly<Record<string, unknown>>;
  /** It is deleted, and our finalizer keeps it. */
  readonly isLeaving: boolean;
  readonly service: string;
  readonly workload: string | undefined;
}

const noStatus: RolloutRecord['rawStatus'] = {};

export function projectRollout(object: KubeObject, shared: Shared, specOf?: RolloutSpecs): RolloutRecord {
  const { metadata } = object;
  const isHeld = metadata.finalizers?.includes(finalizer) === true;
  const whole = decodeRollout(object, specOf);
  const readable = whole.ok || metadata.deletionTimestamp === undefined ? whole : decodeLeavingRollout(object);
  const decoded = sharing(readable, (value) => shared.share(value));
  // One that became invalid still has what it took over: it is nobody else's.
  const claimed = (...path: readonly string[]) => (isHeld ? textAt(object, 'spec', ...path, 'name') : undefined);
  return shared.compact({
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    createdAt: metadata.creationTimestamp ?? '',
    generation: metadata.generation ?? 0,
    decoded,
    rawStatus: !decoded.ok && isObject(object.status) ? object.status : noStatus,
    isLeaving: isHeld && metadata.deletionTimestamp !== undefined,
    service: decoded.ok ? decoded.value.spec.service.name : (claimed('service') ?? ''),
    workload: decoded.ok ? decoded.value.spec.workloadRef?.name : claimed('workloadRef'),
  });
}

/** Steps and strategies are copied from Rollout to Rollout; their decoded form is kept once. */
function sharing(decoded: RolloutRecord['decoded'], share: <T>(value: T) => T): RolloutRecord['decoded'] {
  if (!decoded.ok) return decoded;
  const { spec, finalizers } = decoded.value;
  const { strategy, traffic, windows } = spec;
  const alike = { strategy: share(strategy), traffic: share(traffic), windows: share(windows) };
  return ok({ ...decoded.value, finalizers: share(finalizers), spec: { ...spec, ...alike } });
}

export interface DeploymentRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: string;
  readonly generation: number;
  readonly isDeleting: boolean;
  readonly replicas: number;
  readonly isPaused: boolean;
  readonly isObserved: boolean;
  readonly totalReplicas: number;
  readonly readyReplicas: number;
  readonly updatedReplicas: number;
  readonly availableSinceMs: number | undefined;
  readonly copies: readonly ConfigName[];
  readonly mark: OurMark | undefined;
  readonly templateHash: string;
  /** Of a workload of the user's: its template as JSON, for the day it becomes a revision. */
  readonly template: PackedText | undefined;
  readonly uses: readonly ConfigUse[];
  readonly replicasManager: string | undefined;
  /** Of a revision: when its pods were last made anew for a person. */
  readonly restartedAt: string | undefined;
  /** Of a revision: what its containers run. */
  readonly images: readonly string[];
  /** Of a Deployment that may be a mesh's: its labels, for detection. */
  readonly meshLabels: Readonly<Record<string, string>> | undefined;
}

const meshWords = /linkerd|smi|osm|openservicemesh|maesh|traefik|nginx|consul/;

export function projectDeployment(object: KubeObject, shared: Shared, templates: UserTemplates): DeploymentRecord {
  const { metadata } = object;
  const spec = isObject(object.spec) ? object.spec : {};
  const status = isObject(object.status) ? object.status : {};
  const mark = markOf(metadata, shared);
  const isOurs = mark?.ownerUid !== undefined;
  const template = isObject(spec.template) ? spec.template : {};
  const user = isOurs ? undefined : templates.of(template);
  const own = metadata.labels ?? {};
  return {
    namespace: shared.text(metadata.namespace ?? ''),
    name: shared.text(metadata.name),
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    createdAt: metadata.creationTimestamp ?? '',
    generation: metadata.generation ?? 0,
    isDeleting: metadata.deletionTimestamp !== undefined,
    replicas: count(spec.replicas, 1),
    isPaused: spec.paused === true,
    isObserved: count(status.observedGeneration, 0) >= (metadata.generation ?? 0),
    totalReplicas: count(status.replicas, 0),
    readyReplicas: count(status.readyReplicas, 0),
    updatedReplicas: count(status.updatedReplicas, 0),
    availableSinceMs: isOurs ? availableSince(status.conditions) : undefined,
    copies: isOurs && metadata.annotations?.[configsAnnotation] !== undefined ? configsIn(metadata.annotations[configsAnnotation]) : none,
    mark,
    templateHash: user?.hash ?? metadata.annotations?.[templateHashAnnotation] ?? '',
    template: user?.packed,
    uses: user === undefined ? none : shared.share(user.uses),
    replicasManager: textOf(managerOf(metadata.managedFields, ['f:spec', 'f:replicas'], 'Any'), shared),
    restartedAt: isOurs ? textAt(object, 'spec', 'template', 'metadata', 'annotations', restartedAtAnnotation) : undefined,
    images: isOurs ? shared.share(imagesOf(template)) : none,
    meshLabels: !isOurs && meshWords.test(`${metadata.name} ${JSON.stringify(own)}`) ? own : undefined,
  };
}

const imagesOf = (template: unknown): readonly string[] =>
  listAt(template, 'spec', 'containers').flatMap((container) => textAt(container, 'image') ?? []);

const textOf = (text: string | undefined, shared: Pick<Shared, 'text'>): string | undefined =>
  text === undefined ? undefined : shared.text(text);

export interface ServiceRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: string;
  readonly mark: OurMark | undefined;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly RootPort[];
  readonly clusterIP: string | undefined;
  readonly type: string;
  readonly selectorApplier: string | undefined;
  /** Of a revision's: when its ports were last changed. */
  readonly portsSinceMs: number | undefined;
}

const noSelector: ServiceRecord['selector'] = {};

export function projectService(object: KubeObject, shared: Shared): ServiceRecord {
  const { metadata } = object;
  const spec = isObject(object.spec) ? object.spec : {};
  const mark = markOf(metadata, shared);
  const ports = Array.isArray(spec.ports) ? spec.ports.filter(isObject).map(projectPort) : [];
  // What a revision's own Service selects is no news.
  const hasSelector = mark?.revision === undefined && isObject(spec.selector);
  return {
    namespace: shared.text(metadata.namespace ?? ''),
    name: shared.text(metadata.name),
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    createdAt: metadata.creationTimestamp ?? '',
    mark,
    selector: hasSelector ? (spec.selector as Record<string, string>) : noSelector,
    // A Service and its copies have the same.
    ports: shared.share(ports),
    clusterIP: typeof spec.clusterIP === 'string' ? spec.clusterIP : undefined,
    type: typeof spec.type === 'string' ? spec.type : 'ClusterIP',
    selectorApplier: managerOf(metadata.managedFields, ['f:spec', 'f:selector'], 'Apply'),
    portsSinceMs: portsSince(metadata.annotations?.[portsSinceAnnotation]),
  };
}

function portsSince(text: string | undefined): number | undefined {
  const sinceMs = Date.parse(text ?? '');
  return Number.isNaN(sinceMs) ? undefined : sinceMs;
}

function projectPort(port: Record<string, unknown>): RootPort {
  const { name, port: number, targetPort, protocol, appProtocol } = port;
  return {
    ...(typeof name === 'string' ? { name } : {}),
    port: typeof number === 'number' ? number : 0,
    ...(typeof targetPort === 'number' || typeof targetPort === 'string' ? { targetPort } : {}),
    ...(typeof protocol === 'string' ? { protocol } : {}),
    ...(typeof appProtocol === 'string' ? { appProtocol } : {}),
  };
}

/** One EndpointSlice of a revision's Service; those of others are not watched. */
export interface EndpointsRecord extends Versioned {
  readonly namespace: string;
  readonly service: string;
  readonly rollout: string;
  readonly ready: number;
}

export function projectEndpoints(object: KubeObject, shared: Shared): EndpointsRecord | undefined {
  const { metadata } = object;
  const { uid, resourceVersion } = metadata;
  const service = metadata.labels?.['kubernetes.io/service-name'];
  const rollout = metadata.labels?.[labels.rollout];
  if (service === undefined || rollout === undefined) return undefined;
  const endpoints = Array.isArray(object.endpoints) ? object.endpoints.filter(isObject) : [];
  const ready = endpoints.filter(({ conditions }) => isObject(conditions) && conditions.ready === true && conditions.terminating !== true);
  return {
    namespace: shared.text(metadata.namespace ?? ''),
    uid,
    resourceVersion,
    service: shared.text(service),
    rollout: shared.text(rollout),
    ready: ready.length,
  };
}

export interface ConfigRecord extends Versioned {
  readonly hash: string;
}

export function projectConfig({ metadata, data, binaryData }: KubeObject): ConfigRecord | undefined {
  const { uid, resourceVersion } = metadata;
  // Copies of ours are immutable, and nobody's configuration but a revision's.
  const isCopy = metadata.annotations?.[annotations.configHash] !== undefined;
  return isCopy ? undefined : { uid, resourceVersion, hash: configHash({ data, binaryData }) };
}

/** Of what is looked at once and kept nowhere. */
const unshared: Pick<Shared, 'text'> = { text: (text) => text };

export function markOf(metadata: ObjectMeta, shared: Pick<Shared, 'text'> = unshared): OurMark | undefined {
  const rollout = metadata.labels?.[labels.rollout];
  if (rollout === undefined) return undefined;
  const controller = metadata.ownerReferences?.find((reference) => reference.controller === true);
  // Where the collector has taken our reference away (a deletion in the foreground) it is still ours.
  const ownerUid = controller === undefined ? metadata.annotations?.[rolloutUidAnnotation] : controllerUid(controller);
  const revision = metadata.labels?.[labels.revision];
  return {
    rollout: shared.text(rollout),
    revision: revision === undefined ? undefined : shared.text(revision),
    ownerUid: ownerUid === undefined ? undefined : shared.text(ownerUid),
  };
}

const controllerUid = ({ kind, uid }: OwnerReference): string | undefined => (kind === 'Rollout' ? uid : undefined);

const none: readonly never[] = [];

function availableSince(conditions: unknown): number | undefined {
  const found = Array.isArray(conditions)
    ? conditions.filter(isObject).find(({ type, status }) => type === 'Available' && status === 'True')
    : undefined;
  const sinceMs = Date.parse(String(found?.lastTransitionTime));
  return Number.isNaN(sinceMs) ? undefined : sinceMs;
}

const count = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback);

/** The manager, not us, whose entry holds the field at `path`; the latest where there are several. */
function managerOf(
  entries: readonly ManagedFieldsEntry[] | undefined,
  path: readonly string[],
  operation: 'Apply' | 'Any',
): string | undefined {
  return entries?.findLast(
    (entry) =>
      entry.manager !== 'sluice' &&
      (entry.subresource === undefined || entry.subresource === 'scale') &&
      (operation === 'Any' || entry.operation === operation) &&
      holds(entry.fieldsV1, path),
  )?.manager;
}

function holds(fields: unknown, [head, ...rest]: readonly string[]): boolean {
  if (head === undefined) return true;
  return isObject(fields) && head in fields && holds(fields[head], rest);
}

import type { SmiTraffic } from '../../core/rollout.ts';
import type { Split } from '../../core/split.ts';
import type { KubeObject } from '../../kube/index.ts';
import { ok, type Result } from '../../lib/index.ts';
import {
  type Adapter,
  type AdapterRecord,
  adapterConflicts,
  projectAdapterObject,
  readAdapter,
  readLeftover,
  resourceNameOf,
} from '../adapter.ts';
import { chooseVersion, detectProvider, newestServed } from '../detect.ts';
import { type Provider, type ProviderName, providerNames, providers } from '../providers.ts';
import type {
  Doubt,
  MeshFacts,
  MeshRecord,
  MeshWrite,
  ResourceName,
  ResourceNeed,
  RouterOrder,
  RouterSubject,
  RouterTarget,
  TrafficReading,
  TrafficRouter,
  Unusable,
} from '../router.ts';
import { serviceKey } from '../service-name.ts';
import { splitConflicts } from './conflicts.ts';
import { readSplit } from './read.ts';
import { isSplitRecord, projectSplit } from './record.ts';
import { patchSplit, renderSplit } from './render.ts';
import { type SplitVersion, splitGroup, splitPlural, splitResource, splitVersions } from './versions.ts';

const splitNeed: ResourceNeed = {
  group: splitGroup,
  plural: splitPlural,
  kind: 'TrafficSplit',
  namespaced: true,
  versions: splitVersions,
  verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
};

const crdNeed: ResourceNeed = {
  group: 'apiextensions.k8s.io',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
  versions: ['v1'],
  verbs: ['get', 'list', 'watch'],
};

const adapters: readonly Adapter[] = Object.values(providers).flatMap(({ adapter }) => adapter ?? []);

/** SMI TrafficSplit, in every version and for every provider. */
export const smi: TrafficRouter<SmiTraffic> = {
  resources: [splitNeed, crdNeed, ...adapters.map(({ resource }) => resource)],
  project,
  keysOf,
  resolve,
  keysFor,
  read,
  render,
  objectName,
};

function objectName({ splitName }: SmiTraffic, root: string): string {
  return splitName ?? root;
}

function project(resource: ResourceName, object: KubeObject): MeshRecord | undefined {
  const name = resourceNameOf(resource);
  if (name === splitResource) return projectSplit(object);
  const adapter = adapters.find((candidate) => resourceNameOf(candidate.resource) === name);
  return adapter === undefined ? undefined : projectAdapterObject(adapter, object);
}

const objectKey = (resource: string, namespace: string, name: string): string => `${resource}:${namespace}/${name}`;
const touchKey = (service: string, namespace: string): string => `service:${serviceKey(service, namespace)}`;

const isAdapterRecord = (record: MeshRecord): record is AdapterRecord =>
  adapters.some(({ resource }) => resourceNameOf(resource) === record.resource);

/** Its own name, and every Service that it speaks of. */
function keysOf(record: MeshRecord): readonly string[] {
  const own = objectKey(record.resource, record.namespace, record.name);
  const services = isSplitRecord(record)
    ? [record.root, ...record.backends.map(({ service }) => service)]
    : isAdapterRecord(record)
      ? record.hosts
      : [];
  return [...new Set([own, ...services.map((service) => touchKey(service, record.namespace))])];
}

/**
 * Several meshes, or none that reads a version that is served: that is a doubt, and no reason to leave a failed canary its share. With conversion strategy
 * None what is written under any version reaches every reader, and a provider that was once sure is believed.
 */
function resolve(config: SmiTraffic, mesh: MeshFacts, began?: string): Result<RouterTarget, Unusable> {
  const served = mesh.crd?.servedVersions ?? mesh.splitVersions;
  const newest = newestServed(served);
  if (!newest.ok) return newest;
  const detection = detectProvider({ ...mesh, configured: config.provider });
  if (detection.kind === 'provider') {
    const version = chooseVersion({ configured: config.version, provider: detection.provider, served });
    return ok(targetOf(detection.provider, version.ok ? version.value : newest.value, mesh, doubtOf(version)));
  }
  const { found } = detection;
  const sure = providerNames.find((name) => name === began);
  const provider = sure ?? found.find((name) => providers[name].adapter !== undefined) ?? 'generic';
  const version = chooseVersion({ configured: config.version, provider, served });
  const message = `the cluster shows signs of ${found.join(' and ')}; set traffic.smi.provider`;
  const target = targetOf(provider, version.ok ? version.value : newest.value, mesh, { reason: 'ProviderAmbiguous', message });
  return ok(sure === undefined ? { ...target, dialect: undefined } : target);
}

function doubtOf(version: ReturnType<typeof chooseVersion>): Doubt | undefined {
  return version.ok || version.failure.reason !== 'TrafficSplitVersion' ? undefined : { ...version.failure, reason: 'TrafficSplitVersion' };
}

function targetOf(provider: ProviderName, version: SplitVersion, mesh: MeshFacts, held: Doubt | undefined): RouterTarget {
  const { groups, clusterDomain } = mesh;
  const { adapter, dialect } = providers[provider];
  const isServed = adapter !== undefined && groups.includes(adapter.resource.group);
  const { group, plural, kind, namespaced } = splitNeed;
  return {
    provider,
    resource: { group, version, plural, kind, namespaced },
    adapter: isServed ? adapter.resource : undefined,
    dialect,
    clusterDomain,
    ...(held === undefined ? {} : { held }),
  };
}

/** Where it is a guess which mesh follows, the slowest of them may, or one that chokes on backends without traffic. */
function providerOf(target: RouterTarget): Provider {
  const provider = (providers as Readonly<Record<string, Provider>>)[target.provider];
  if (provider === undefined) throw new Error(`no SMI provider ${target.provider}`);
  return target.dialect === undefined ? { ...provider, namesZeroWeights: false, defaultMaxLagMs: longestLagMs } : provider;
}

const longestLagMs = Math.max(...Object.values(providers).map(({ defaultMaxLagMs }) => defaultMaxLagMs));

function keysFor(config: SmiTraffic, target: RouterTarget, { namespace, root, services }: RouterSubject): readonly string[] {
  const name = objectName(config, root);
  const { adapter } = providerOf(target);
  return [
    objectKey(splitResource, namespace, name),
    ...[root, ...services].map((service) => touchKey(service, namespace)),
    ...(adapter === undefined || target.adapter === undefined
      ? []
      : [
          objectKey(
            resourceNameOf(adapter.resource),
            namespace,
            adapter.objectName({ namespace, name, root, clusterDomain: target.clusterDomain }),
          ),
        ]),
  ];
}

function read(config: SmiTraffic, target: RouterTarget, subject: RouterSubject, records: Iterable<MeshRecord>): TrafficReading {
  const { namespace, root, services, rollout } = subject;
  const name = objectName(config, root);
  const known = [...records];
  const splits = known.filter(isSplitRecord);
  const own = splits.find((split) => split.namespace === namespace && split.name === name);
  const split = readSplit(own, rollout);
  const conflicts = splitConflicts({ namespace, splitName: name, root, services, rollout, splits }).map(({ message }) => message);
  const { adapter, defaultMaxLagMs, refusesPin, namesZeroWeights } = providerOf(target);
  const { provider, held } = target;
  const usable = { provider, ...(held === undefined ? {} : { held }), split, defaultMaxLagMs, refusesPin, namesZeroWeights };
  if (adapter === undefined || target.adapter === undefined) return { ...usable, adapter: { kind: 'unseen' }, conflict: textOf(conflicts) };
  const adapterSplit = { namespace, name, root, clusterDomain: target.clusterDomain };
  const objects = known.filter(isAdapterRecord).filter((record) => record.resource === resourceNameOf(adapter.resource));
  const object = objects.find((record) => record.namespace === namespace && record.name === adapter.objectName(adapterSplit));
  return {
    ...usable,
    adapter: split.kind === 'absent' ? readLeftover(services, object) : readAdapter(adapter, split.split, object),
    conflict: textOf([...conflicts, ...adapterConflicts(adapter, adapterSplit, objects)]),
  };
}

const textOf = (conflicts: readonly string[]): string | undefined => (conflicts.length === 0 ? undefined : conflicts.join('; '));

function render(config: SmiTraffic, target: RouterTarget, { split: wanted, owner, stamp, current }: RouterOrder): MeshWrite {
  const split = providerOf(target).namesZeroWeights ? wanted : withoutZeros(wanted);
  const order = { split, version: target.resource.version as SplitVersion, owner, stamp };
  const name = objectName(config, split.root);
  const at = { resource: target.resource, namespace: owner.namespace, name };
  return current === undefined
    ? { kind: 'create', ...at, body: renderSplit({ ...order, name }) }
    : { kind: 'patch', ...at, body: patchSplit({ ...order, ...current }) };
}

const withoutZeros = ({ root, backends }: Split): Split => ({ root, backends: backends.filter(({ weight }) => weight > 0) });

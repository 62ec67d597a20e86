import type { Json, JsonObject } from '../../lib/index.ts';
import {
  configCopyName,
  keptConfigName,
  revisionLabels,
  revisionName,
  rolloutLabel,
  rolloutLabelValue,
  rolloutUidAnnotation,
} from '../names.ts';
import type { ConfigName } from '../revision.ts';
import { revisionOf, revisionTemplate } from '../revision.ts';
import type { ConfigRef, PodTemplate, RootPort } from '../world.ts';

/** The objects of a revision, as they are created. Immutable but for the count. */

export interface Owner {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Its workload, which outlives it. */
  readonly workload?: { readonly name: string; readonly uid: string } | undefined;
}

export const templateHashAnnotation = 'sluice.dev/template-hash';
/** On a revision's Deployment: the configuration that it has copies of, `ConfigMap/web,Secret/db`; Secrets cannot be listed. */
export const configsAnnotation = 'sluice.dev/configs';

export function configsIn(annotation: string | undefined): readonly ConfigName[] {
  return (annotation ?? '').split(',').flatMap((entry) => {
    const [kind, name] = entry.split('/');
    return (kind === 'ConfigMap' || kind === 'Secret') && name !== undefined ? [{ kind, name }] : [];
  });
}

/** On a revision's Service whose ports were changed after it was made: when. */
export const portsSinceAnnotation = 'sluice.dev/ports-since';

/** Hash of a template alone, without its configuration. */
export const templateHashOf = (template: PodTemplate): string => revisionOf(template, []);

const managedBy = { 'app.kubernetes.io/managed-by': 'sluice' };

/**
 * The Rollout; and beside it the workload, so that `--cascade=foreground` (Argo CD's way) takes nothing that still serves: the collector deletes what hangs on
 * the Rollout alone at once, in spite of its finalizer. Of what has another owner it only takes the reference away.
 */
const ownerReferences = ({ name, uid, workload }: Owner): Json => [
  { apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name, uid, controller: true, blockOwnerDeletion: true },
  ...(workload === undefined ? [] : [{ apiVersion: 'apps/v1', kind: 'Deployment', ...workload }]),
];

const owned = (owner: Owner) => ({
  ownerReferences: ownerReferences(owner),
  annotations: { [rolloutUidAnnotation]: owner.uid },
});

const metadata = (owner: Owner, revision: string, name = revisionName(owner.name, revision)) => ({
  name,
  namespace: owner.namespace,
  labels: { ...managedBy, ...revisionLabels(owner.name, revision) },
  ...owned(owner),
});

export interface DeploymentOrder {
  readonly revision: string;
  readonly replicas: number;
  readonly template: PodTemplate;
  readonly configs: readonly ConfigRef[];
}

export function deploymentOf(owner: Owner, { revision, replicas, template, configs }: DeploymentOrder): JsonObject {
  const { annotations, ...meta } = metadata(owner, revision);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...meta,
      annotations: {
        ...annotations,
        [templateHashAnnotation]: templateHashOf(template),
        ...(configs.length === 0 ? {} : { [configsAnnotation]: configs.map(({ kind, name }) => `${kind}/${name}`).join(',') }),
      },
    },
    spec: {
      replicas,
      // Its template never changes, so there is nothing to keep.
      revisionHistoryLimit: 0,
      selector: { matchLabels: revisionLabels(owner.name, revision) },
      template: revisionTemplate(owner.name, revision, template, configs) as JsonObject,
    },
  };
}

export function revisionServiceOf(owner: Owner, revision: string, ports: readonly RootPort[]): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(owner, revision),
    spec: { type: 'ClusterIP', selector: revisionLabels(owner.name, revision), ports: ports.map(portOf) },
  };
}

/** The root Service, where `spec.service.ports` asks us to make it. It selects the stable revision and nothing else. */
export function rootServiceOf(owner: Owner, name: string, revision: string, ports: readonly RootPort[]): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: owner.namespace,
      labels: { ...managedBy, [rolloutLabel]: rolloutLabelValue(owner.name) },
      ...owned(owner),
    },
    spec: { type: 'ClusterIP', selector: revisionLabels(owner.name, revision), ports: ports.map(portOf) },
  };
}

/** Without the node port: that one belongs to the root Service. */
export const portOf = ({ name, port, targetPort, protocol, appProtocol }: RootPort): JsonObject => ({
  ...(name === undefined ? {} : { name }),
  port,
  ...(targetPort === undefined ? {} : { targetPort }),
  ...(protocol === undefined ? {} : { protocol }),
  ...(appProtocol === undefined ? {} : { appProtocol }),
});

/** A revision keeps its own copy of the configuration that it was analysed with. */
export function configCopyOf(owner: Owner, revision: string, config: ConfigRef, content: Readonly<Record<string, unknown>>): JsonObject {
  const { annotations, ...meta } = metadata(owner, revision, configCopyName(config.name, revision));
  const { data, binaryData, type } = content as { data?: JsonObject; binaryData?: JsonObject; type?: string };
  return {
    apiVersion: 'v1',
    kind: config.kind,
    metadata: {
      ...meta,
      annotations: { ...annotations, 'sluice.dev/config-hash': config.hash },
    },
    immutable: true,
    ...(type === undefined ? {} : { type }),
    ...(data === undefined ? {} : { data }),
    ...(binaryData === undefined ? {} : { binaryData }),
  };
}

/** A user's object from now on, without a mark of ours. It goes with the workload that reads it. */
export function keptConfigOf(
  owner: Owner,
  revision: string,
  { kind, name }: ConfigName,
  content: Readonly<Record<string, unknown>>,
): JsonObject {
  const { data, binaryData, type } = content as { data?: JsonObject; binaryData?: JsonObject; type?: string };
  const { workload, namespace } = owner;
  return {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: keptConfigName(name, revision),
      namespace,
      ...(workload === undefined ? {} : { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', ...workload }] }),
    },
    immutable: true,
    ...(type === undefined ? {} : { type }),
    ...(data === undefined ? {} : { data }),
    ...(binaryData === undefined ? {} : { binaryData }),
  };
}

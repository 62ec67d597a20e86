// Which ReplicaSet is of the Deployment's present template, what a new one looks like, and what they say of themselves.
import { canonicalJson, sameJson, sha256Hex } from '../../../lib/index.ts';
import type { ApiDraft } from '../../api/index.ts';
import type { Deployment, Labels, PodTemplate, ReplicaSet } from '../../objects/index.ts';

export const hashLabel = 'pod-template-hash';
const prefix = 'deployment.kubernetes.io/';
export const annotations = {
  revision: `${prefix}revision`,
  desiredReplicas: `${prefix}desired-replicas`,
  maxReplicas: `${prefix}max-replicas`,
} as const;
const ownAnnotations: ReadonlySet<string> = new Set([
  ...Object.values(annotations),
  ...[`${prefix}revision-history`, 'deprecated.deployment.rollback.to', 'kubectl.kubernetes.io/last-applied-configuration'],
]);

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A name for a template, as short and as speakable as Kubernetes' own. */
export function templateHash(template: PodTemplate, collisions: number): string {
  const digest = sha256Hex(`${canonicalJson(template)}/${collisions}`);
  return Array.from({ length: 10 }, (_, at) => alphabet[Number.parseInt(digest.slice(2 * at, 2 * at + 2), 16) % alphabet.length]).join('');
}

export function hasTemplateOf({ spec }: ReplicaSet, deployment: Deployment): boolean {
  const { metadata, spec: pods } = spec.template;
  const { [hashLabel]: _, ...labels } = metadata?.labels ?? {};
  const wanted = deployment.spec.template;
  return (
    sameJson(pods, wanted.spec) &&
    sameJson(labels, wanted.metadata?.labels ?? {}) &&
    sameJson(metadata?.annotations ?? {}, wanted.metadata?.annotations ?? {})
  );
}

export const revisionOf = ({ metadata }: { readonly metadata: { readonly annotations?: Labels } }): number =>
  Number(metadata.annotations?.[annotations.revision] ?? 0) || 0;

export interface Stamp {
  readonly revision: number;
  readonly maxReplicas: number;
}

/** What a ReplicaSet carries of its Deployment. */
export function stamped(deployment: Deployment, existing: Labels, { revision, maxReplicas }: Stamp): Labels {
  const copied = Object.fromEntries(Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !ownAnnotations.has(name)));
  const known = Number(existing[annotations.revision] ?? 0) || 0;
  return {
    ...existing,
    ...copied,
    [annotations.revision]: String(Math.max(known, revision)),
    [annotations.desiredReplicas]: String(deployment.spec.replicas),
    [annotations.maxReplicas]: String(maxReplicas),
  };
}

export function newReplicaSet(deployment: Deployment, hash: string, replicas: number, stamp: Stamp): ApiDraft {
  const { name, namespace, uid } = deployment.metadata;
  const { selector, template, minReadySeconds } = deployment.spec;
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      ...{ name: `${name}-${hash}`, namespace, labels, annotations: stamped(deployment, {}, stamp) },
      ownerReferences: [owner],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

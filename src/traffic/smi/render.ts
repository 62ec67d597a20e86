import { rolloutLabel, rolloutLabelValue } from '../../core/names.ts';
import type { Split } from '../../core/split.ts';
import type { JsonObject } from '../../lib/index.ts';
import { stampAnnotations, type WriteStamp } from './stamp.ts';
import { type SplitVersion, splitCodecs } from './versions.ts';

export interface SplitOwner {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface MatchRef {
  readonly kind: 'HTTPRouteGroup';
  readonly name: string;
}

export interface SplitOrder {
  readonly split: Split;
  readonly version: SplitVersion;
  /** The Rollout. */
  readonly owner: SplitOwner;
  readonly stamp: WriteStamp;
}

/** The whole object, for a create. Throws on a split that is not portable, and on matches that the version would prune: bugs of the caller. */
export function renderSplit(order: SplitOrder & { readonly name: string; readonly matches?: readonly MatchRef[] }): JsonObject {
  const { split, version, name, owner, stamp, matches } = order;
  const { apiVersion, keepsMatches } = splitCodecs[version];
  if (matches !== undefined && !keepsMatches) throw new Error(`TrafficSplit ${version} has no matches`);
  return {
    apiVersion,
    kind: 'TrafficSplit',
    metadata: {
      name,
      namespace: owner.namespace,
      ...metadataOf(split, owner, stamp),
      // No blockOwnerDeletion: it asks for a permission on the Rollout's finalizers that nothing here needs.
      ownerReferences: [{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: owner.name, uid: owner.uid, controller: true }],
    },
    spec: { ...specOf(split, version), ...(matches === undefined ? {} : { matches: matches.map((match) => ({ ...match })) }) },
  };
}

/**
 * A JSON merge patch for a split that exists: one write, on the object that was decided on and at its resourceVersion. The list of
 * backends is replaced whole; fields of others stay. No owner reference is added: deleting a Rollout collects what it made, not
 * what it took over.
 */
export function patchSplit(order: SplitOrder & { readonly uid: string; readonly resourceVersion: string }): JsonObject {
  const { split, version, owner, stamp, uid, resourceVersion } = order;
  return { metadata: { uid, resourceVersion, ...metadataOf(split, owner, stamp) }, spec: specOf(split, version) };
}

const metadataOf = (split: Split, owner: SplitOwner, stamp: WriteStamp): JsonObject => ({
  labels: { [rolloutLabel]: rolloutLabelValue(owner.name) },
  annotations: stampAnnotations(stamp, split),
});

function specOf(split: Split, version: SplitVersion): JsonObject {
  const problem = portabilityProblem(split);
  if (problem !== undefined) throw new Error(`split of ${split.root}: ${problem}`);
  const { encodeWeight } = splitCodecs[version];
  return { service: split.root, backends: split.backends.map(({ service, weight }) => ({ service, weight: encodeWeight(weight) })) };
}

/** The portable split (facts of the meshes, 2.11): what every provider reads alike. Undefined where the split is one. */
export function portabilityProblem({ root, backends }: Split): string | undefined {
  const services = backends.map(({ service }) => service);
  if (backends.some(({ weight }) => !Number.isInteger(weight) || weight < 0)) return 'a weight is no whole number';
  if (backends.reduce((sum, { weight }) => sum + weight, 0) !== 100) return 'weights do not sum to 100';
  if (new Set(services).size !== services.length) return 'a backend is named twice';
  if (services.includes(root)) return 'the root Service is its own backend';
  if ([root, ...services].some((name) => !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))) return 'a name is not plain';
  return undefined;
}

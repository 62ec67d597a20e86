import type { Resource } from '../../kube/index.ts';
import type { DirectClient } from '../api/index.ts';
import { controllerOf, isDeleting, type LabelSelector, type Labels, type Meta, selects } from '../objects/index.ts';

interface Claimant {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Meta;
  readonly spec: { readonly selector: LabelSelector };
}
interface Claimed {
  readonly metadata: Meta & { readonly labels?: Labels };
}

/**
 * The objects that this controller object controls: its own that its selector names, and orphans that it names, which are adopted.
 * Its own that it does not name any more are let go. Undefined where a write was refused: the next pass sees better.
 */
export function claim<T extends Claimed>(
  client: DirectClient,
  resource: Resource,
  claimant: Claimant,
  candidates: Iterable<T>,
): readonly T[] | undefined {
  const { uid, namespace } = claimant.metadata;
  const claimed: T[] = [];
  for (const candidate of candidates) {
    const { metadata } = candidate;
    if (metadata.namespace !== namespace) continue;
    const owner = controllerOf(metadata);
    if (owner !== undefined && owner.uid !== uid) continue;
    const isNamed = selects(claimant.spec.selector, metadata.labels);
    if (owner !== undefined && isNamed) claimed.push(candidate);
    else if (owner !== undefined || (isNamed && !isDeleting(candidate) && !isDeleting(claimant))) {
      const next = owner === undefined ? adoption(claimant, metadata) : release(claimant, metadata);
      // What was adopted or let go comes back as news, and is counted then.
      if (!client.patch(resource, metadata, { metadata: { ...next, resourceVersion: metadata.resourceVersion } }).ok) return undefined;
    }
  }
  return claimed;
}

const adoption = ({ apiVersion, kind, metadata: { name, uid } }: Claimant, { ownerReferences = [] }: Meta) => ({
  ownerReferences: [...ownerReferences, { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
});

const release = ({ metadata: { uid } }: Claimant, { ownerReferences = [] }: Meta) => ({
  ownerReferences: ownerReferences.filter((reference) => reference.uid !== uid),
});

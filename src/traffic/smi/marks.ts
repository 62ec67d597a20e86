import type { ObjectMeta, OwnerReference } from '../../kube/index.ts';

/** The object's owner, as far as it can be told without knowing which Rollout asks. */
export interface RecordOwner {
  readonly uid: string;
  readonly name: string;
  readonly isRollout: boolean;
  /** For people: `Canary web (Flagger)`. */
  readonly text: string;
}

/** Controllers that write TrafficSplits, by API group of the owner they set. */
const products: Readonly<Record<string, string>> = {
  'flagger.app': 'Flagger',
  'argoproj.io': 'Argo Rollouts',
  'rio.cattle.io': 'Rio',
  'networking.mesh.gloo.solo.io': 'Gloo Mesh',
  'operators.coreos.com': 'Operator Lifecycle Manager',
  'sluice.dev': 'Sluice',
};

/** The owner that controls the object: the controller reference, or any reference by a product that is known to write splits. */
export function ownerOf(metadata: ObjectMeta): RecordOwner | undefined {
  const references = metadata.ownerReferences ?? [];
  const owner = references.find(({ controller }) => controller === true) ?? references.find(isKnownWriter);
  if (owner === undefined) return undefined;
  const group = groupOf(owner);
  return {
    uid: owner.controller === true ? owner.uid : '',
    name: owner.name,
    isRollout: group === 'sluice.dev' && owner.kind === 'Rollout',
    text: `${owner.kind} ${owner.name} (${products[group] ?? owner.apiVersion})`,
  };
}

const groupOf = (reference: OwnerReference): string => reference.apiVersion.split('/')[0] ?? '';

const isKnownWriter = (reference: OwnerReference): boolean => groupOf(reference) in products && groupOf(reference) !== 'sluice.dev';

interface Mark {
  /** Of a label or an annotation. */
  readonly key: RegExp;
  /** Of any value where absent. */
  readonly value?: RegExp;
  readonly owner: (value: string, metadata: ObjectMeta) => string;
}

/**
 * Marks by which other writers of splits know their objects. Marks of tools that only apply manifests (Helm, Argo CD, Flux,
 * Kustomize) are none: the weights in such an object are nobody's.
 */
const marks: readonly Mark[] = [
  { key: /^failover\.linkerd\.io\//, owner: (value) => `linkerd-failover (${value})` },
  { key: /^objectset\.rio\.cattle\.io\//, owner: (_, { annotations }) => `Rio or another Rancher controller${rancherOwner(annotations)}` },
  { key: /^(parents|owner)\..*\bsolo\.io$/, owner: () => 'Gloo Mesh (drive its TrafficPolicy instead)' },
  { key: /^flagger\.app\//, owner: () => 'Flagger' },
  { key: /^(argo-)?rollouts?\.argoproj\.io\//, owner: () => 'Argo Rollouts' },
  { key: /^app\.kubernetes\.io\/managed-by$/, value: /^flagger$/i, owner: () => 'Flagger' },
  { key: /^app\.kubernetes\.io\/managed-by$/, value: /^argo-rollouts$/i, owner: () => 'Argo Rollouts' },
  { key: /^(olm\.|operators\.coreos\.com\/)/, owner: (_, { labels }) => `Operator Lifecycle Manager${parenthesis(labels?.['olm.owner'])}` },
];

const parenthesis = (text: string | undefined): string => (text === undefined || text === '' ? '' : ` (${text})`);

function rancherOwner(annotations: ObjectMeta['annotations']): string {
  const [kind, name] = ['owner-gvk', 'owner-name'].map((key) => annotations?.[`objectset.rio.cattle.io/${key}`]);
  return parenthesis([kind, name].filter(Boolean).join(' '));
}

/** Who marked the object as his, in words; undefined where nobody did. */
export function foreignMark(metadata: ObjectMeta): string | undefined {
  const pairs = [...Object.entries(metadata.labels ?? {}), ...Object.entries(metadata.annotations ?? {})];
  for (const { key, value, owner } of marks) {
    const found = pairs.find(([name, text]) => key.test(name) && (value === undefined || value.test(text)));
    if (found !== undefined) return owner(found[1], metadata);
  }
  return undefined;
}

// What `sluice render rbac` prints, applied as an operator would: by the tests that need roles for people, or the policy on Decisions.
import { renderRbac } from '../../../src/api/index.ts';
import type { Bed } from '../kit/bed.ts';
import type { KubeObject } from '../kit/client.ts';

/** Of namespaces in which another account of ours writes Decisions than the one that the cluster's policy knows: there is one policy, and many tests at once. */
const ownPolicy = 'test.sluice.dev/own-policy';

export async function applyRbac(bed: Bed, namespace?: string, manager = 'sluice'): Promise<void> {
  for (const object of renderRbac(namespace)) await bed.admin.apply(spared(object) as unknown as KubeObject, { manager });
}

/** From now on the policy of `applyRbac` leaves this namespace to `policyIn`. */
export async function sparePolicy(bed: Bed, namespace: string): Promise<void> {
  await bed.admin.patch(`/api/v1/namespaces/${namespace}`, { metadata: { labels: { [ownPolicy]: 'true' } } });
}

function spared(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (object.kind !== 'ValidatingAdmissionPolicyBinding') return object;
  const namespaceSelector = { matchExpressions: [{ key: ownPolicy, operator: 'DoesNotExist' }] };
  return { ...object, spec: { ...(object.spec as object), matchResources: { namespaceSelector } } };
}

/** The same policy for these namespaces alone, under a name of its own: the accounts of `home` write the subjects of others there. */
export async function policyIn(bed: Bed, name: string, namespaces: readonly string[], home: string): Promise<void> {
  for (const namespace of namespaces) await sparePolicy(bed, namespace);
  const matchResources = {
    namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: namespaces }] },
  };
  for (const manifest of renderRbac(home).filter(({ kind }) => String(kind).startsWith('ValidatingAdmissionPolicy'))) {
    const named = { ...manifest, metadata: { name } };
    const { spec } = manifest as unknown as { readonly spec: object };
    const bound = manifest.kind === 'ValidatingAdmissionPolicy' ? named : { ...named, spec: { ...spec, policyName: name, matchResources } };
    await bed.admin.apply(bound as unknown as KubeObject, { manager: 'user' });
  }
}

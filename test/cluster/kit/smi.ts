// Which versions of TrafficSplit the cluster serves: the sets that are really installed out there.
import type { ApiClient, KubeObject } from './client.ts';
import { waitFor } from './wait.ts';

export const SMI_VERSIONS = ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'] as const;
export type SmiVersion = (typeof SMI_VERSIONS)[number];

export const SMI_SETS = {
  /** The default of the bed; the SDK's hub version is stored. */
  all: { served: SMI_VERSIONS, storage: 'v1alpha4' },
  linkerd: { served: ['v1alpha1', 'v1alpha2'], storage: 'v1alpha1' },
  osm: { served: ['v1alpha2'], storage: 'v1alpha2' },
  traefik: { served: ['v1alpha3'], storage: 'v1alpha3' },
  sdk: { served: ['v1alpha4'], storage: 'v1alpha4' },
} as const satisfies Record<string, { served: readonly SmiVersion[]; storage: SmiVersion }>;
export type SmiSet = keyof typeof SMI_SETS;

export const SPLIT_CRD = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/trafficsplits.split.smi-spec.io';

export interface SplitCrd extends KubeObject {
  readonly spec: { readonly versions: readonly { readonly name: string; readonly served: boolean; readonly storage: boolean }[] };
}

/**
 * Serves another set. A definition keeps the versions that objects were stored in, so the others stay listed as `served: false`.
 * This concerns the whole cluster: see `exclusive` in bed.ts.
 */
export async function serveSplits(admin: ApiClient, set: SmiSet): Promise<void> {
  const { served, storage } = SMI_SETS[set];
  const has = (name: string) => served.some((version) => version === name);
  const crd = await admin.get<SplitCrd>(SPLIT_CRD);
  const ops = crd.spec.versions.flatMap(({ name }, at) => [
    { op: 'replace', path: `/spec/versions/${at}/served`, value: has(name) },
    { op: 'replace', path: `/spec/versions/${at}/storage`, value: name === storage },
  ]);
  await admin.patch(SPLIT_CRD, ops, 'json');
  await waitFor(`the API server to serve exactly ${served.join(', ')}`, async () => {
    const answers = await Promise.all(SMI_VERSIONS.map((version) => admin.raw('GET', `/apis/split.smi-spec.io/${version}/trafficsplits`)));
    return answers.every((answer, at) => (answer.status === 200) === has(SMI_VERSIONS[at] ?? ''));
  });
}

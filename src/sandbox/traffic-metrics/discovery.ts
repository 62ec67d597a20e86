import { group } from './objects.ts';

/** A resource that has metrics. `label`: how Linkerd's series name it. */
export interface ResourceKind {
  readonly plural: string;
  readonly kind: string;
  readonly label: string;
  readonly since: 'v1alpha1' | 'v1alpha2';
  readonly verbs: readonly string[];
}

const kinds: readonly ResourceKind[] = [
  { plural: 'deployments', kind: 'Deployment', label: 'deployment', since: 'v1alpha1', verbs: ['get', 'list'] },
  { plural: 'pods', kind: 'Pod', label: 'pod', since: 'v1alpha1', verbs: ['get', 'list'] },
  { plural: 'trafficsplits', kind: 'Trafficsplit', label: 'dst_service', since: 'v1alpha2', verbs: ['get'] },
];

const isIn = ({ since }: ResourceKind, version: string): boolean => since === 'v1alpha1' || version === since;

export const resourceOf = (plural: string, version: string): ResourceKind | undefined =>
  kinds.find((each) => each.plural === plural && isIn(each, version));

/** The group, as the API server's aggregator lists it, or the resources of one version. */
export function discoveryAnswer(version: string | undefined, served: readonly string[]): unknown {
  if (version !== undefined) {
    return {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: `${group}/${version}`,
      resources: kinds
        .filter((each) => isIn(each, version))
        .map(({ plural, verbs }) => ({ name: plural, singularName: '', namespaced: true, kind: 'TrafficMetrics', verbs })),
    };
  }
  const versions = served.map((each) => ({ groupVersion: `${group}/${each}`, version: each }));
  return { kind: 'APIGroup', apiVersion: 'v1', name: group, versions, preferredVersion: versions[0] };
}

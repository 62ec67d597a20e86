import type { Resource } from '../../kube/index.ts';

const of = (apiVersion: string, plural: string, kind: string, namespaced = true): Resource => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group: group ?? '', version: version ?? '', plural, kind, namespaced };
};

/** Where the objects live that the sandbox's own actors read and write. */
export const resources = {
  namespaces: of('v1', 'namespaces', 'Namespace', false),
  serviceAccounts: of('v1', 'serviceaccounts', 'ServiceAccount'),
  pods: of('v1', 'pods', 'Pod'),
  services: of('v1', 'services', 'Service'),
  endpoints: of('v1', 'endpoints', 'Endpoints'),
  configMaps: of('v1', 'configmaps', 'ConfigMap'),
  secrets: of('v1', 'secrets', 'Secret'),
  deployments: of('apps/v1', 'deployments', 'Deployment'),
  replicaSets: of('apps/v1', 'replicasets', 'ReplicaSet'),
  endpointSlices: of('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice'),
  autoscalers: of('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
  definitions: of('apiextensions.k8s.io/v1', 'customresourcedefinitions', 'CustomResourceDefinition', false),
  serviceProfiles: of('linkerd.io/v1alpha2', 'serviceprofiles', 'ServiceProfile'),
  virtualServices: of('networking.istio.io/v1alpha3', 'virtualservices', 'VirtualService'),
} as const;

export const splitsOf = (version: string): Resource => of(`split.smi-spec.io/${version}`, 'trafficsplits', 'TrafficSplit');
export const routeGroupsOf = (version: string): Resource => of(`specs.smi-spec.io/${version}`, 'httproutegroups', 'HTTPRouteGroup');

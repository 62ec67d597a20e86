// From an object, or a kind's plural, to its path in the API.
import type { KubeObject } from './client.ts';

const CLUSTER_SCOPED = new Set([
  ...['Namespace', 'Node', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'APIService', 'PriorityClass'],
  ...[
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
    'ClusterAnalysisTemplate',
  ],
]);

export function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower === 'endpoints') return lower;
  if (/(s|x|ch)$/.test(lower)) return `${lower}es`;
  return /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

/** `/apis/apps/v1/namespaces/shop/deployments/web` of such an object; its collection where asked. */
export function objectPath(object: KubeObject, what: 'object' | 'collection' = 'object'): string {
  const { apiVersion = 'v1', kind = '' } = object;
  const { name, namespace = 'default' } = object.metadata;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = CLUSTER_SCOPED.has(kind) ? '' : `/namespaces/${namespace}`;
  return `${root}${scope}/${pluralOf(kind)}${what === 'object' ? `/${name}` : ''}`;
}

/** Where the kinds that scenarios speak of live. Splits are read through the version that is always served by default. */
const PREFIX = {
  pods: '/api/v1',
  services: '/api/v1',
  configmaps: '/api/v1',
  secrets: '/api/v1',
  events: '/api/v1',
  serviceaccounts: '/api/v1',
  deployments: '/apis/apps/v1',
  replicasets: '/apis/apps/v1',
  endpointslices: '/apis/discovery.k8s.io/v1',
  leases: '/apis/coordination.k8s.io/v1',
  horizontalpodautoscalers: '/apis/autoscaling/v2',
  trafficsplits: '/apis/split.smi-spec.io/v1alpha4',
  serviceprofiles: '/apis/linkerd.io/v1alpha2',
  virtualservices: '/apis/networking.istio.io/v1alpha3',
  rollouts: '/apis/sluice.dev/v1alpha1',
  analysistemplates: '/apis/sluice.dev/v1alpha1',
  analysisruns: '/apis/sluice.dev/v1alpha1',
  decisions: '/apis/sluice.dev/v1alpha1',
} as const;
export type Plural = keyof typeof PREFIX;

export const pathOf = (plural: Plural, namespace: string, name?: string): string =>
  `${PREFIX[plural]}/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`;

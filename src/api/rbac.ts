import { memoryNames } from '../notify/memory-store.ts';
import { decisionPolicy } from './decision-policy.ts';
import { group } from './group.ts';
import { peopleRoles } from './people.ts';

/** One Kubernetes object to be applied. */
export type Manifest = Readonly<Record<string, unknown>>;

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export const defaultNamespace = 'sluice-system';
/** The controller's ServiceAccount, and the HTTP API's where they are one process. */
export const serviceAccountName = 'sluice';
/** That of processes which serve the HTTP API alone (`mode: api`). */
export const apiAccountName = 'sluice-api';

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]): PolicyRule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});
const read = ['get', 'list', 'watch'] as const;

/** What the controller may do in every namespace. No wildcards; nothing about pods, roles or tokens; no Secrets. */
export const controllerRules: readonly PolicyRule[] = [
  // Our kinds. `patch` on rollouts: the finalizer, and spec.replicas once where it was left out.
  rule(group, ['rollouts'], [...read, 'patch']),
  rule(group, ['rollouts/status'], ['patch', 'update']),
  // Owner references with blockOwnerDeletion need it where OwnerReferencesPermissionEnforcement is on.
  rule(group, ['rollouts/finalizers'], ['update']),
  rule(group, ['analysistemplates', 'clusteranalysistemplates'], read),
  rule(group, ['analysisruns'], [...read, 'create', 'patch', 'delete']),
  rule(group, ['analysisruns/status', 'decisions/status'], ['patch', 'update']),
  // `create`: the HTTP API writes the Decisions of people whom it has authenticated and reviewed.
  rule(group, ['decisions'], [...read, 'create', 'patch', 'delete']),
  // Revisions, the workload that was adopted, the root Service, and each revision's copies of its configuration.
  rule('apps', ['deployments'], [...read, 'create', 'patch', 'update', 'delete']),
  rule('', ['services'], [...read, 'create', 'patch', 'update', 'delete']),
  rule('', ['configmaps'], [...read, 'create', 'delete']),
  rule('discovery.k8s.io', ['endpointslices'], read),
  rule('', ['events'], ['create', 'patch']),
  rule('events.k8s.io', ['events'], ['create', 'patch']),
  // The mesh: splits are ours to write, the adapters' own objects are looked at only.
  rule('split.smi-spec.io', ['trafficsplits'], [...read, 'create', 'patch', 'update', 'delete']),
  rule('linkerd.io', ['serviceprofiles'], read),
  rule('networking.istio.io', ['virtualservices'], read),
  rule('metrics.smi-spec.io', ['deployments', 'trafficsplits', 'services'], ['get', 'list']),
  // Which versions and meshes are there.
  rule('apiextensions.k8s.io', ['customresourcedefinitions'], read),
  // Who asks the HTTP API, and whether they may.
  rule('authentication.k8s.io', ['tokenreviews'], ['create']),
  rule('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
];

/**
 * Secrets by name only: those that metrics name as credentials, and each revision's copies under `trackConfig: All`. Never list or
 * watch. It has a ClusterRole of its own, so that a cluster which uses neither can leave its binding out.
 */
export const secretRules: readonly PolicyRule[] = [rule('', ['secrets'], ['get', 'create', 'delete'])];

/**
 * Of a process that serves the HTTP API alone: it sees what the controller sees, changes none of it, and has no lease. What it writes are Decisions of people whom it
 * has had reviewed.
 */
export const apiRules: readonly PolicyRule[] = [
  ...controllerRules
    .filter(({ verbs }) => read.every((verb) => verbs.includes(verb)))
    .map((seen) => ({ ...seen, verbs: seen.resources.includes('decisions') ? [...read, 'create'] : read })),
  ...controllerRules.filter(({ apiGroups: [name] }) => name === 'authentication.k8s.io' || name === 'authorization.k8s.io'),
];

/** In the controller's own namespace: leader election. */
export const leaseRules: readonly PolicyRule[] = [
  rule('coordination.k8s.io', ['leases'], [...read, 'create', 'patch', 'update']),
  // Its own namespace only, which a Role can grant: to say so where the lease has no namespace to be in.
  rule('', ['namespaces'], ['get']),
];

/** ConfigMaps of our own, in the namespace of the lease: whom chat accounts stand for, and what people were told of (src/notify). */
export const accountsName = 'sluice-accounts';
export const chatRules: readonly PolicyRule[] = [
  { ...rule('', ['configmaps'], ['get']), resourceNames: [accountsName, ...memoryNames] },
  { ...rule('', ['configmaps'], ['patch']), resourceNames: memoryNames },
];

const rbac = 'rbac.authorization.k8s.io';
const labels = { 'app.kubernetes.io/name': 'sluice', 'app.kubernetes.io/part-of': 'sluice' };

/** Everything that the controller needs in a cluster but its Deployment and the CustomResourceDefinitions. */
export function renderRbac(namespace: string = defaultNamespace): readonly Manifest[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    ...[serviceAccountName, apiAccountName].map((name) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace, labels },
    })),
    clusterRole('sluice-controller', controllerRules),
    clusterRoleBinding('sluice-controller', namespace),
    clusterRole('sluice-controller-secrets', secretRules),
    clusterRoleBinding('sluice-controller-secrets', namespace),
    clusterRole('sluice-api', apiRules),
    clusterRoleBinding('sluice-api', namespace, apiAccountName),
    ...ownRole('sluice-leader-election', namespace, leaseRules),
    ...ownRole('sluice-chat', namespace, chatRules),
    ...decisionPolicy([serviceAccountName, apiAccountName].map((name) => `system:serviceaccount:${namespace}:${name}`)),
    ...peopleRoles(),
  ];
}

const ownRole = (name: string, namespace: string, rules: readonly PolicyRule[]): readonly Manifest[] => [
  { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace, labels }, rules },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name, namespace, labels },
    roleRef: { apiGroup: rbac, kind: 'Role', name },
    subjects: subjects(namespace),
  },
];

const clusterRole = (name: string, rules: readonly PolicyRule[]): Manifest => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRole',
  metadata: { name, labels },
  rules,
});

const clusterRoleBinding = (name: string, namespace: string, account = serviceAccountName): Manifest => ({
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name, labels },
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
  subjects: subjects(namespace, account),
});

const subjects = (namespace: string, name = serviceAccountName) => [{ kind: 'ServiceAccount', name, namespace }];

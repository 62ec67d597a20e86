import { type FieldError, invalid, required } from '../field-error.ts';
import type { ApiObject } from '../port.ts';
import { listOf, membersOf, textOf } from '../values.ts';
import { builtin, checkedTwice, specChanged } from './build.ts';
import { ageColumn, column, countAt, nameColumn, textAt, wide } from './cells.ts';
import type { Column, Kind } from './kind.ts';
import { atomic, closed, conditions, defaulted, int, kept, list, listBy, open, text, time } from './shapes.ts';

export const endpointSlices: Kind = builtin({
  group: 'discovery.k8s.io',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  members: {
    addressType: text,
    endpoints: { ...list(open()), 'x-omit-empty': false },
    ports: { ...list(open({ name: defaulted(text, ''), protocol: defaulted(text, 'TCP'), port: kept(int) })), 'x-omit-empty': false },
  },
  columns: [
    nameColumn,
    column('AddressType', textAt(['addressType'], '')),
    column(
      'Ports',
      (slice) =>
        listOf(slice.ports)
          .map((one) => String(membersOf(one).port))
          .join(',') || '<unset>',
    ),
    column(
      'Endpoints',
      (slice) =>
        listOf(slice.endpoints)
          .flatMap((one) => listOf(membersOf(one).addresses))
          .join(',') || '<unset>',
    ),
    ageColumn,
  ],
  rules: {
    metadata: { asChange: 1, asWhole: ['any', 'core'], isFreeName: false },
    generation: (now, old) =>
      JSON.stringify([now.endpoints, now.ports, now.metadata.labels]) !== JSON.stringify([old.endpoints, old.ports, old.metadata.labels]),
    validate: (slice, old) => [
      ...(textOf(slice.addressType) === '' ? [required('addressType')] : []),
      ...(old !== undefined && old.addressType !== slice.addressType
        ? [invalid('addressType', slice.addressType, 'field is immutable')]
        : []),
    ],
  },
});

const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;

export const leases: Kind = builtin({
  group: 'coordination.k8s.io',
  plural: 'leases',
  kind: 'Lease',
  members: {
    spec: defaulted(
      closed({
        holderIdentity: kept(text),
        leaseDurationSeconds: kept(int),
        acquireTime: time,
        renewTime: time,
        leaseTransitions: kept(int),
        strategy: kept(text),
        preferredHolder: kept(text),
      }),
      {},
    ),
  },
  columns: [nameColumn, column('Holder', textAt(['spec', 'holderIdentity'], '')), ageColumn],
  rules: {
    metadata: { asChange: 2, asWhole: ['any'], isFreeName: false },
    createsOnUpdate: true,
    takesUnconditionalUpdate: false,
    validate: validateLease,
  },
});

/** Times of a Lease that Go cannot read as MicroTime: a request that carries one is no Lease. */
export const badMicroTime = (lease: ApiObject): string | undefined =>
  (['acquireTime', 'renewTime'] as const)
    .map((field) => membersOf(lease.spec)[field])
    .find((value): value is string => typeof value === 'string' && !microTime.test(value));

function validateLease({ spec }: ApiObject): readonly FieldError[] {
  const { leaseDurationSeconds, leaseTransitions } = membersOf(spec);
  return [
    ...(typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0
      ? [invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')]
      : []),
    ...(typeof leaseTransitions === 'number' && leaseTransitions < 0
      ? [invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0')]
      : []),
  ];
}

const targets: Column['cell'] = (hpa) => {
  const [specs, seen] = [listOf(membersOf(hpa.spec).metrics), listOf(membersOf(hpa.status).currentMetrics)];
  const shown = specs.map((spec, index) => {
    const { name, target } = membersOf(membersOf(spec).resource);
    const { averageUtilization } = membersOf(target);
    const current = membersOf(membersOf(membersOf(seen[index]).resource).current).averageUtilization;
    return `${textOf(name)}: ${typeof current === 'number' ? `${current}%` : '<unknown>'}/${String(averageUtilization ?? '<auto>')}%`;
  });
  return shown.join(', ') || '<none>';
};

export const horizontalPodAutoscalers: Kind = builtin({
  group: 'autoscaling',
  version: 'v2',
  plural: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
  shortNames: ['hpa'],
  inAll: true,
  hasStatus: true,
  members: {
    spec: open({
      scaleTargetRef: closed({ kind: text, name: text, apiVersion: text }),
      minReplicas: defaulted(int, 1),
      maxReplicas: kept(int),
      metrics: list(open()),
    }),
    status: defaulted(open({ conditions, currentMetrics: list(open()) }), { currentReplicas: 0, desiredReplicas: 0 }),
  },
  columns: [
    nameColumn,
    column('Reference', (hpa) => {
      const { kind, name } = membersOf(membersOf(hpa.spec).scaleTargetRef);
      return `${textOf(kind)}/${textOf(name)}`;
    }),
    column('Targets', targets),
    column('MinPods', (hpa) => String(membersOf(hpa.spec).minReplicas ?? '<unset>')),
    column('MaxPods', countAt('spec', 'maxReplicas')),
    column('Replicas', countAt('status', 'currentReplicas')),
    ageColumn,
  ],
  rules: {
    validate({ spec }) {
      const { minReplicas, maxReplicas, scaleTargetRef } = membersOf(spec);
      const [least, most] = [Number(minReplicas ?? 1), Number(maxReplicas ?? 0)];
      return [
        ...(most < 1 ? [invalid('spec.maxReplicas', most, 'must be greater than 0')] : []),
        ...(least < 1 ? [invalid('spec.minReplicas', least, 'must be greater than or equal to 1')] : []),
        ...(most >= 1 && most < least ? [invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`')] : []),
        ...(textOf(membersOf(scaleTargetRef).name) === '' ? [required('spec.scaleTargetRef.name')] : []),
        ...(textOf(membersOf(scaleTargetRef).kind) === '' ? [required('spec.scaleTargetRef.kind')] : []),
      ];
    },
  },
});

const rbac = 'rbac.authorization.k8s.io';
const rules = {
  ...list(open({ apiGroups: list(text), resources: list(text), verbs: list(text), resourceNames: list(text) })),
  'x-omit-empty': false,
};
const roleRef = atomic(closed({ apiGroup: text, kind: text, name: text }));
const subjects = list(atomic(closed({ kind: text, apiGroup: text, name: text, namespace: text })));
const subjectsOf =
  (kind: string): Column['cell'] =>
  (binding) =>
    listOf(binding.subjects)
      .map(membersOf)
      .filter((one) => one.kind === kind)
      .map((one) => (kind === 'ServiceAccount' ? `${textOf(one.namespace)}/${textOf(one.name)}` : textOf(one.name)))
      .join(', ');
const bindingColumns: readonly Column[] = [
  nameColumn,
  column('Role', (binding) => `${textOf(membersOf(binding.roleRef).kind)}/${textOf(membersOf(binding.roleRef).name)}`),
  ageColumn,
  wide('Users', subjectsOf('User')),
  wide('Groups', subjectsOf('Group')),
  wide('ServiceAccounts', subjectsOf('ServiceAccount')),
];
const created: Column = { ...column('Created At', ({ metadata }) => metadata.creationTimestamp) };
const rbacMetadata = { ...checkedTwice, isFreeName: true };
const bindingRules = {
  metadata: rbacMetadata,
  createsOnUpdate: true,
  validate: (binding: ApiObject, old: ApiObject | undefined): readonly FieldError[] => [
    ...(textOf(membersOf(binding.roleRef).name) === '' ? [required('roleRef.name')] : []),
    ...(old !== undefined && JSON.stringify(old.roleRef) !== JSON.stringify(binding.roleRef)
      ? [invalid('roleRef', binding.roleRef, 'cannot change roleRef')]
      : []),
  ],
};

export const roles: Kind = builtin({
  group: rbac,
  plural: 'roles',
  kind: 'Role',
  members: { rules },
  columns: [nameColumn, created],
  rules: { createsOnUpdate: true, metadata: rbacMetadata },
});
export const clusterRoles: Kind = builtin({
  group: rbac,
  plural: 'clusterroles',
  kind: 'ClusterRole',
  isClusterScoped: true,
  members: { rules, aggregationRule: open() },
  columns: [nameColumn, created],
  rules: { createsOnUpdate: true, metadata: rbacMetadata },
});
export const roleBindings: Kind = builtin({
  group: rbac,
  plural: 'rolebindings',
  kind: 'RoleBinding',
  members: { roleRef, subjects },
  columns: bindingColumns,
  rules: bindingRules,
});
export const clusterRoleBindings: Kind = builtin({
  group: rbac,
  plural: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  isClusterScoped: true,
  members: { roleRef, subjects },
  columns: bindingColumns,
  rules: bindingRules,
});

const admission = 'admissionregistration.k8s.io';
export const admissionPolicies: Kind = builtin({
  group: admission,
  plural: 'validatingadmissionpolicies',
  kind: 'ValidatingAdmissionPolicy',
  isClusterScoped: true,
  hasStatus: true,
  members: {
    spec: open({
      failurePolicy: defaulted(text, 'Fail'),
      matchConstraints: open({
        matchPolicy: defaulted(text, 'Equivalent'),
        namespaceSelector: defaulted(open(), {}),
        objectSelector: defaulted(open(), {}),
        resourceRules: list(open({ scope: defaulted(text, '*') })),
      }),
      validations: list(open()),
      variables: listBy(['name'], open()),
    }),
    status: open({ conditions }),
  },
  columns: [
    nameColumn,
    column('Validations', (policy) => listOf(membersOf(policy.spec).validations).length),
    column('ParamKind', () => '<unset>'),
    ageColumn,
  ],
  rules: { generation: specChanged, takesUnconditionalUpdate: false },
});
export const admissionPolicyBindings: Kind = builtin({
  group: admission,
  plural: 'validatingadmissionpolicybindings',
  kind: 'ValidatingAdmissionPolicyBinding',
  isClusterScoped: true,
  members: { spec: open({ policyName: text, validationActions: list(text) }) },
  columns: [nameColumn, column('PolicyName', textAt(['spec', 'policyName'], '')), column('ParamRef', () => '<unset>'), ageColumn],
  rules: { generation: specChanged, takesUnconditionalUpdate: false },
});

export const apiServices: Kind = builtin({
  group: 'apiregistration.k8s.io',
  plural: 'apiservices',
  kind: 'APIService',
  isClusterScoped: true,
  hasStatus: true,
  members: { spec: open(), status: open({ conditions }) },
  columns: [
    nameColumn,
    column('Service', ({ spec }) => {
      const { namespace, name } = membersOf(membersOf(spec).service);
      return name === undefined ? 'Local' : `${textOf(namespace)}/${textOf(name)}`;
    }),
    ageColumn,
  ],
  rules: { takesUnconditionalUpdate: false },
});

import { sameJson } from '../../../lib/index.ts';
import { type FieldError, invalid, required } from '../field-error.ts';
import type { ApiObject } from '../port.ts';
import { listOf, membersOf, textOf, withMembers } from '../values.ts';
import { builtin, specChanged } from './build.ts';
import { ageColumn, column, containersOf, countAt, nameColumn, pairs, wide } from './cells.ts';
import type { Column, Kind } from './kind.ts';
import { validatePodSpec } from './pod-rules.ts';
import { completeTemplate, podTemplate } from './pod-shapes.ts';
import { closed, conditions, defaulted, flag, int, intOrText, kept, labelSelector, open, text } from './shapes.ts';

const scale = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
} as const;

const ready: Column['cell'] = (object) => `${countAt('status', 'readyReplicas')(object)}/${countAt('spec', 'replicas')(object)}`;
const templateColumns: readonly Column[] = [
  wide('Containers', (object) => containersOf(object, 'name')),
  wide('Images', (object) => containersOf(object, 'image')),
  wide('Selector', (object) => pairs(membersOf(membersOf(object.spec).selector).matchLabels)),
];

const counts = {
  observedGeneration: int,
  replicas: int,
  updatedReplicas: int,
  readyReplicas: int,
  availableReplicas: int,
  unavailableReplicas: int,
  terminatingReplicas: kept(int),
  conditions,
  collisionCount: kept(int),
};

export const deployments: Kind = builtin({
  group: 'apps',
  plural: 'deployments',
  kind: 'Deployment',
  shortNames: ['deploy'],
  inAll: true,
  hasStatus: true,
  scale,
  members: {
    spec: closed({
      replicas: defaulted({ ...int, minimum: 0 }, 1),
      selector: labelSelector,
      template: podTemplate,
      strategy: open({ type: text, rollingUpdate: open({ maxUnavailable: intOrText, maxSurge: intOrText }) }),
      minReadySeconds: int,
      revisionHistoryLimit: defaulted(int, 10),
      paused: flag,
      progressDeadlineSeconds: defaulted(int, 600),
    }),
    status: defaulted(closed(counts), {}),
  },
  columns: [
    nameColumn,
    column('Ready', ready),
    column('Up-to-date', countAt('status', 'updatedReplicas')),
    column('Available', countAt('status', 'availableReplicas')),
    ageColumn,
    ...templateColumns,
  ],
  rules: {
    statusReset: [['spec'], ['metadata', 'labels']],
    // Annotations too: they are copied to the ReplicaSets.
    generation: (now, old) => specChanged(now, old) || !sameJson(now.metadata.annotations ?? {}, old.metadata.annotations ?? {}),
    complete: (object) => withStrategy(completeTemplate(object)),
    validate: validateWorkload,
  },
});

export const replicaSets: Kind = builtin({
  group: 'apps',
  plural: 'replicasets',
  kind: 'ReplicaSet',
  shortNames: ['rs'],
  inAll: true,
  hasStatus: true,
  scale,
  members: {
    spec: closed({
      replicas: defaulted({ ...int, minimum: 0 }, 1),
      minReadySeconds: int,
      selector: labelSelector,
      template: podTemplate,
    }),
    status: defaulted(
      closed({
        replicas: kept(int),
        fullyLabeledReplicas: int,
        readyReplicas: int,
        availableReplicas: int,
        terminatingReplicas: kept(int),
        observedGeneration: int,
        conditions,
      }),
      { replicas: 0 },
    ),
  },
  columns: [
    nameColumn,
    column('Desired', countAt('spec', 'replicas'), 'integer'),
    column('Current', countAt('status', 'replicas'), 'integer'),
    column('Ready', countAt('status', 'readyReplicas'), 'integer'),
    ageColumn,
    ...templateColumns,
  ],
  rules: { generation: specChanged, complete: completeTemplate, validate: validateWorkload },
});

function withStrategy(object: ApiObject): ApiObject {
  const spec = membersOf(object.spec);
  const strategy = membersOf(spec.strategy);
  const type = textOf(strategy.type) || 'RollingUpdate';
  const rolling = type === 'RollingUpdate' ? { maxUnavailable: '25%', maxSurge: '25%', ...membersOf(strategy.rollingUpdate) } : undefined;
  const complete = withMembers(strategy, { type, ...(rolling === undefined ? {} : { rollingUpdate: rolling }) });
  return { ...object, spec: { ...spec, strategy: complete } };
}

function validateWorkload(object: ApiObject, old: ApiObject | undefined): readonly FieldError[] {
  const spec = membersOf(object.spec);
  const selector = membersOf(spec.selector);
  const wanted = membersOf(selector.matchLabels);
  const template = membersOf(spec.template);
  const labels = membersOf(membersOf(template.metadata).labels);
  const errors: FieldError[] = [];
  if (spec.selector === undefined) errors.push(required('spec.selector'));
  else if (Object.keys(wanted).length === 0 && listOf(selector.matchExpressions).length === 0)
    errors.push(invalid('spec.selector', selector, 'empty selector is invalid for deployment'));
  else if (Object.entries(wanted).some(([key, value]) => labels[key] !== value))
    errors.push(invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'));
  if (typeof spec.replicas === 'number' && spec.replicas < 0)
    errors.push(invalid('spec.replicas', spec.replicas, 'must be greater than or equal to 0'));
  const podSpec = membersOf(template.spec);
  if (podSpec.restartPolicy !== undefined && podSpec.restartPolicy !== 'Always')
    errors.push({
      type: 'NotSupported',
      field: 'spec.template.spec.restartPolicy',
      value: podSpec.restartPolicy,
      detail: 'supported values: "Always"',
    });
  errors.push(...validatePodSpec(podSpec, 'spec.template.spec'));
  if (old !== undefined && !sameJson(membersOf(old.spec).selector, spec.selector))
    errors.push(invalid('spec.selector', selector, 'field is immutable'));
  return errors;
}

import type { z } from 'zod';
import { analysisRunSpecSchema, analysisRunStatusSchema, analysisTemplateSpecSchema } from '../core/analysis/index.ts';
import { decisionSpecSchema, decisionStatusSchema } from '../core/decision.ts';
import { rolloutSpecSchema, rolloutStatusSchema } from '../core/rollout.ts';
import type { Resource } from '../kube/object.ts';
import { describeFields } from './descriptions.ts';
import { analysisRuns, analysisTemplates, category, clusterAnalysisTemplates, decisions, group, rollouts, version } from './group.ts';
import type { CelRule, StructuralSchema } from './structural.ts';
import { structuralSchema } from './structural.ts';

/** One column of `kubectl get`; priority 1 shows with `-o wide` only. */
interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: 1;
}

export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced' | 'Cluster';
    readonly names: {
      readonly plural: string;
      readonly singular: string;
      readonly kind: string;
      readonly listKind: string;
      readonly shortNames?: readonly string[];
      readonly categories: readonly string[];
    };
    readonly versions: readonly [
      {
        readonly name: string;
        readonly served: true;
        readonly storage: true;
        readonly schema: { readonly openAPIV3Schema: StructuralSchema };
        readonly subresources?: Readonly<Record<string, unknown>>;
        readonly additionalPrinterColumns: readonly PrinterColumn[];
      },
    ];
  };
}

interface Definition {
  readonly resource: Resource;
  readonly description: string;
  readonly shortNames?: readonly string[];
  readonly spec: z.ZodType;
  readonly status?: z.ZodType;
  readonly statusDefault?: unknown;
  /** Rules that need spec and status. */
  readonly rules?: readonly CelRule[];
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath: string };
  readonly columns: readonly PrinterColumn[];
}

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const column = (name: string, jsonPath: string, type: PrinterColumn['type'] = 'string'): PrinterColumn => ({ name, type, jsonPath });
const wide = (name: string, jsonPath: string): PrinterColumn => ({ ...column(name, jsonPath), priority: 1 });

const beforeTaken = '!has(oldSelf.status) || !has(oldSelf.status.stableRevision)';
const instead = 'delete the Rollout, which gives everything back, and create another';
const splitName = (rollout: string): string =>
  `(has(${rollout}.spec.traffic.smi) && has(${rollout}.spec.traffic.smi.splitName) ? ${rollout}.spec.traffic.smi.splitName : ${rollout}.spec.service.name)`;

/** What was taken over keeps its name: a split that nobody speaks of any more would leave a canary its share. Before that a slip can be mended. */
const takenRules: readonly CelRule[] = [
  {
    rule: `${beforeTaken} || self.spec.service.name == oldSelf.spec.service.name`,
    message: `cannot be changed once the Service was taken over; ${instead}`,
    fieldPath: '.spec.service.name',
  },
  {
    rule: `${beforeTaken} || self.spec.service.name != oldSelf.spec.service.name || ${splitName('self')} == ${splitName('oldSelf')}`,
    message: `the name of the split cannot be changed once the Service was taken over; ${instead}`,
    fieldPath: '.spec.traffic.smi.splitName',
  },
  {
    rule: `${beforeTaken} || (has(self.spec.workloadRef) ? self.spec.workloadRef.name : '') == (has(oldSelf.spec.workloadRef) ? oldSelf.spec.workloadRef.name : '')`,
    message: `cannot be changed once the workload was taken over; ${instead}`,
    fieldPath: '.spec.workloadRef',
  },
];

const definitions: readonly Definition[] = [
  {
    resource: rollouts,
    description:
      'A Rollout takes a workload from one revision to the next: it shifts traffic step by step, judges the new revision by metrics, and promotes it or rolls it back.',
    shortNames: ['sro'],
    spec: rolloutSpecSchema,
    status: rolloutStatusSchema,
    // A Rollout that nobody has looked at yet is in progress for kstatus (Flux) and everything built on it.
    statusDefault: { observedGeneration: -1 },
    rules: takenRules,
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
    columns: [
      column('Phase', '.status.phase'),
      column('Step', '.status.step.label'),
      column('Weight', '.status.newestWeight', 'integer'),
      column('Message', '.status.message'),
      age,
      wide('Stable', '.status.stableRevision'),
      wide('Canary', '.status.canaryRevision'),
    ],
  },
  {
    resource: analysisTemplates,
    description: 'An AnalysisTemplate says what to measure and what the answers mean.',
    spec: analysisTemplateSpecSchema,
    columns: [age],
  },
  {
    resource: clusterAnalysisTemplates,
    description: 'A ClusterAnalysisTemplate is an AnalysisTemplate that every namespace may use.',
    spec: analysisTemplateSpecSchema,
    columns: [age],
  },
  {
    resource: analysisRuns,
    description: 'An AnalysisRun measures the metrics of its spec until they have a verdict.',
    spec: analysisRunSpecSchema,
    status: analysisRunStatusSchema,
    columns: [
      column('Phase', '.status.phase'),
      column('Message', '.status.message'),
      age,
      wide('Rollout', '.spec.rollout.name'),
      wide('Revision', '.spec.rollout.revision'),
    ],
  },
  {
    resource: decisions,
    description:
      'A Decision is the word of one subject on one Rollout, revision and attempt. It is immutable: together they are the audit trail.',
    spec: decisionSpecSchema,
    status: decisionStatusSchema,
    columns: [
      column('Rollout', '.spec.rollout.name'),
      column('Revision', '.spec.revision'),
      column('Action', '.spec.action'),
      column('Gate', '.spec.gate'),
      column('Subject', '.spec.subject'),
      column('State', '.status.state'),
      age,
      wide('Channel', '.spec.channel'),
      wide('Message', '.status.message'),
    ],
  },
];

/** The five CustomResourceDefinitions, from the same schemas that decode what users write. */
export const renderCrds = (): readonly CustomResourceDefinition[] => definitions.map(render);

function render({ resource, shortNames, scale, ...rest }: Definition): CustomResourceDefinition {
  const subresources = rest.status === undefined ? undefined : { status: {}, ...(scale === undefined ? {} : { scale }) };
  const singular = resource.kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource.plural}.${group}` },
    spec: {
      group,
      scope: resource.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        plural: resource.plural,
        singular,
        kind: resource.kind,
        listKind: `${resource.kind}List`,
        ...(shortNames === undefined ? {} : { shortNames }),
        categories: [category],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(rest, resource) },
          ...(subresources === undefined ? {} : { subresources }),
          additionalPrinterColumns: rest.columns,
        },
      ],
    },
  };
}

function rootSchema(
  { description, spec, status, statusDefault, rules }: Omit<Definition, 'resource'>,
  { kind }: Resource,
): StructuralSchema {
  const statusSchema = status === undefined ? undefined : structuralSchema(status);
  const root: StructuralSchema = {
    type: 'object',
    description,
    ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structuralSchema(spec),
      ...(statusSchema === undefined
        ? {}
        : { status: { ...statusSchema, ...(statusDefault === undefined ? {} : { default: statusDefault }) } }),
    },
  };
  return describeFields(kind, root);
}

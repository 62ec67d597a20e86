// Definitions and objects that the contract works with, beside our own kinds.
import type { Doc } from './kit.ts';

const group = 'contract.sluice.test';

const gadgetSpec = {
  type: 'object',
  'x-kubernetes-validations': [
    { rule: '!has(self.low) || !has(self.high) || self.low <= self.high', message: 'low must not exceed high', fieldPath: '.low' },
    { rule: "self.mode != 'frozen' || self.size == oldSelf.size", message: 'a frozen gadget keeps its size' },
    { rule: "self.mode != 'Secret'", messageExpression: "'mode ' + self.mode + ' is not for everybody'", reason: 'FieldValueForbidden' },
  ],
  properties: {
    size: { type: 'integer', minimum: 0, maximum: 100, default: 1 },
    replicas: { type: 'integer' },
    mode: { type: 'string', enum: ['open', 'frozen', 'Secret'], default: 'open' },
    name: { type: 'string', minLength: 2, maxLength: 8, pattern: '^[a-z]+$' },
    ratio: { type: 'number', exclusiveMinimum: true, minimum: 0 },
    low: { type: 'integer' },
    high: { type: 'integer' },
    port: { 'x-kubernetes-int-or-string': true },
    when: { type: 'string', format: 'date-time' },
    maybe: { type: 'string', nullable: true },
    flag: { type: 'boolean' },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string' },
          count: { type: 'integer', default: 1 },
          color: { type: 'string' },
          tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        },
      },
    },
    words: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' }, maxItems: 4 },
    steps: { type: 'array', items: { type: 'object', properties: { weight: { type: 'integer' } } }, minItems: 1 },
    options: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 3 },
    pair: { type: 'object', 'x-kubernetes-map-type': 'atomic', properties: { left: { type: 'string' }, right: { type: 'string' } } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: { type: 'string' } } },
    nested: {
      type: 'object',
      default: {},
      properties: { deep: { type: 'string', default: 'down' }, other: { type: 'string' } },
    },
  },
};

const status = {
  type: 'object',
  default: { phase: 'New' },
  properties: {
    phase: { type: 'string', enum: ['New', 'Ready', 'Gone'] },
    replicas: { type: 'integer' },
    selector: { type: 'string' },
    seen: { type: 'integer', minimum: 0 },
    conditions: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      items: { type: 'object', required: ['type', 'status'], properties: { type: { type: 'string' }, status: { type: 'string' } } },
    },
  },
};

/** With status and scale, two versions, and one of everything that a schema can say. */
const gadgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `gadgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'gadgets', kind: 'Gadget', shortNames: ['gg'], categories: ['contract'] },
    versions: ['v1', 'v1beta1'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      schema: {
        openAPIV3Schema: { type: 'object', required: ['spec'], properties: { spec: gadgetSpec, status } },
      },
      subresources: {
        status: {},
        scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
      },
      additionalPrinterColumns: [
        { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
        { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'How big it is.' },
        { name: 'Flag', type: 'boolean', jsonPath: '.spec.flag' },
        { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        { name: 'When', type: 'date', jsonPath: '.spec.when', priority: 1 },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
    })),
  },
};

/** Cluster-wide, without subresources and without columns. */
const trinkets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `trinkets.${group}` },
  spec: {
    group,
    scope: 'Cluster',
    names: { plural: 'trinkets', kind: 'Trinket' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer' } } },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
};

export const contractDefinitions: readonly Doc[] = [gadgets, trinkets];

export const gadgetPath = (namespace: string, name?: string, subresource?: string, version = 'v1'): string =>
  [`/apis/${group}/${version}/namespaces/${namespace}/gadgets`, name, subresource].filter((part) => part !== undefined).join('/');
export const trinketPath = (name?: string): string => [`/apis/${group}/v1/trinkets`, name].filter((part) => part !== undefined).join('/');

export const gadget = (name: string, spec: Doc = {}, metadata: Doc = {}): Doc => ({
  apiVersion: `${group}/v1`,
  kind: 'Gadget',
  metadata: { name, ...metadata },
  spec,
});
export const trinket = (name: string, fields: Doc = {}): Doc => ({
  apiVersion: `${group}/v1`,
  kind: 'Trinket',
  metadata: { name },
  ...fields,
});

export const corePath = (namespace: string, plural: string, name?: string, subresource?: string): string =>
  [`/api/v1/namespaces/${namespace}/${plural}`, name, subresource].filter((part) => part !== undefined).join('/');
export const appsPath = (namespace: string, plural: string, name?: string, subresource?: string): string =>
  [`/apis/apps/v1/namespaces/${namespace}/${plural}`, name, subresource].filter((part) => part !== undefined).join('/');

export const configMap = (name: string, data: Doc = {}, metadata: Doc = {}): Doc => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

/** A Deployment that no controller does anything about. */
export const deployment = (name: string, spec: Doc = {}, metadata: Doc = {}): Doc => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, ...metadata },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image: 'example.org/app:1' }] },
    },
    ...spec,
  },
});

export const service = (name: string, spec: Doc = {}, metadata: Doc = {}): Doc => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, ...metadata },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
});

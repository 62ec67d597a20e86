// Words to describe the built-in kinds with, as schemas.
import type { Schema } from '../schema/index.ts';

/** A field that Go leaves out when it is empty. */
export interface Shape extends Schema {
  readonly 'x-omit-empty'?: boolean;
}

export const text: Shape = { type: 'string', 'x-omit-empty': true };
export const int: Shape = { type: 'integer', format: 'int32', 'x-omit-empty': true };
export const flag: Shape = { type: 'boolean', 'x-omit-empty': true };
export const intOrText: Shape = { 'x-kubernetes-int-or-string': true };
/** RFC 3339 in seconds. */
export const time: Shape = { type: 'string', format: 'date-time' };
export const anything: Shape = { 'x-kubernetes-preserve-unknown-fields': true };

/** A field whose zero is not the same as its absence. */
export const kept = (shape: Shape): Shape => {
  const { 'x-omit-empty': _, ...rest } = shape;
  return rest;
};
/** With a value for when it is missing; an empty text counts as missing, a zero does not. */
export const defaulted = (shape: Shape, value: unknown): Shape => ({ ...(shape.type === 'string' ? shape : kept(shape)), default: value });
/** With a value for when it is missing or zero. */
export const unlessZero = (shape: Shape, value: unknown): Shape => ({ ...shape, default: value });
export const oneOf = (...values: readonly string[]): Shape => ({ ...text, enum: values });

/** An object that has these members and no others. */
export const closed = (properties: Readonly<Record<string, Shape>>): Shape => ({ type: 'object', properties });
/** An object of which these members are described; others stay as they come. */
export const open = (properties: Readonly<Record<string, Shape>> = {}): Shape => ({
  type: 'object',
  properties,
  'x-kubernetes-preserve-unknown-fields': true,
});
export const map = (values: Shape): Shape => ({ type: 'object', additionalProperties: values, 'x-omit-empty': true });
export const atomicMap = (values: Shape): Shape => ({ ...map(values), 'x-kubernetes-map-type': 'atomic' });
export const atomic = (shape: Shape): Shape => ({ ...shape, 'x-kubernetes-map-type': 'atomic' });

/** A list that is written as a whole. */
export const list = (items: Shape): Shape => ({ type: 'array', items, 'x-kubernetes-list-type': 'atomic', 'x-omit-empty': true });
export const set = (items: Shape): Shape => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': 'set',
  'x-kubernetes-patch-strategy': 'merge',
  'x-omit-empty': true,
});
/** A list of objects told apart by `keys`; a strategic merge patch goes by `mergeKey` alone. */
export const listBy = (keys: readonly string[], items: Shape, mergeKey: string | undefined = keys[0]): Shape => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
  'x-omit-empty': true,
  ...(mergeKey === undefined ? {} : { 'x-kubernetes-patch-strategy': 'merge', 'x-kubernetes-patch-merge-key': mergeKey }),
});

export const labels = map(kept(text));

const ownerReference = atomic(
  closed({ apiVersion: text, kind: text, name: text, uid: text, controller: kept(flag), blockOwnerDeletion: kept(flag) }),
);

/** `metadata` of every object. */
export const objectMeta: Shape = closed({
  name: text,
  generateName: text,
  namespace: text,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: { type: 'integer', format: 'int64', 'x-omit-empty': true },
  creationTimestamp: { ...time, nullable: true },
  deletionTimestamp: { ...time, nullable: true },
  deletionGracePeriodSeconds: { type: 'integer', format: 'int64', nullable: true },
  labels: { ...labels, nullable: true },
  annotations: { ...labels, nullable: true },
  ownerReferences: { ...listBy(['uid'], ownerReference), nullable: true },
  finalizers: { ...set(text), nullable: true },
  // An empty list asks to forget all managers.
  managedFields: { ...list(open()), nullable: true, 'x-omit-empty': false },
});

export const labelSelector: Shape = atomic(
  closed({ matchLabels: labels, matchExpressions: list(closed({ key: text, operator: text, values: list(text) })) }),
);

const stamp: Readonly<Record<string, Shape>> = {
  type: text,
  status: text,
  reason: text,
  message: text,
  lastTransitionTime: { ...time, nullable: true },
};
/** `status.conditions` of the built-in kinds. */
export const conditions = listBy(
  ['type'],
  open({ ...stamp, lastUpdateTime: { ...time, nullable: true }, lastProbeTime: { ...time, nullable: true } }),
);

/** A whole object of a built-in kind. */
export const object = (members: Readonly<Record<string, Shape>>): Shape =>
  closed({ apiVersion: text, kind: text, metadata: objectMeta, ...members });

/** `autoscaling/v1`, `Scale`: what `/scale` of every kind speaks. */
export const scaleSchema: Schema = object({ spec: closed({ replicas: int }), status: closed({ replicas: int, selector: text }) });

import type { z } from 'zod';
import type { AnalysisRun, AnalysisTemplate } from '../core/analysis/index.ts';
import { analysisRunSpecSchema, analysisTemplateSpecSchema } from '../core/analysis/index.ts';
import type { Decision } from '../core/decision.ts';
import { decisionActions, decisionSpecSchema } from '../core/decision.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from '../core/rollout.ts';
import { rolloutSpecSchema } from '../core/rollout.ts';
import { withTaken } from '../core/taken.ts';
import type { KubeObject } from '../kube/object.ts';
import type { Result } from '../lib/index.ts';
import { fail, ok } from '../lib/index.ts';
import { compiled } from './compiled.ts';
import type { FieldError } from './errors.ts';
import { distinct, fieldErrors } from './errors.ts';
import { annotations, finalizer, rollouts } from './group.ts';
import { readLeavingSpec } from './leaving.ts';
import { at, listAt, numberAt, textAt } from './raw.ts';
import { readDecisionStatus, readRolloutStatus, readRunStatus } from './status.ts';
import { validateRollout } from './validate.ts';

/**
 * From stored objects to the core's own types. Nothing here throws, whatever the object looks like: a failure has every error
 * with its path. Members that the schema does not know are left out of the result and are no error, as the API server prunes them.
 */
export type Decoded<T> = Result<T, readonly FieldError[]>;

/** `specOf`: for those who may have read the same spec before. */
export function decodeRollout(object: KubeObject, specOf = readRolloutSpec): Decoded<Rollout> {
  const meta = readMetadata(object);
  const spec = specOf(object);
  const status = readRolloutStatus(at(object, 'status'));
  const errors = [...nameErrors(meta), ...spec.errors, ...status.errors];
  return errors.length > 0 || spec.value === undefined ? fail(distinct(errors)) : ok(rolloutOf(object, meta, spec.value, status.value));
}

/** The spec, and all that is wrong with it: by its schema, and by the rules between fields. Looks at the object's name and spec, and at nothing else. */
export function readRolloutSpec(object: KubeObject): SpecRead<RolloutSpec> {
  const spec = readSpec(rolloutSpecSchema, object);
  return { ...spec, errors: [...spec.errors, ...validateRollout(object)] };
}

/**
 * A Rollout that is being deleted, valid or not: what is wrong with steps, analysis, windows and the like does not matter any more. A failure
 * has the errors of what deletion cannot do without.
 */
export function decodeLeavingRollout(object: KubeObject): Decoded<Rollout> {
  const meta = readMetadata(object);
  const spec = readLeavingSpec(at(object, 'spec'));
  const status = readRolloutStatus(at(object, 'status'));
  // Without its phase a deletion begins anew, which does no harm; without the stable revision nobody knows what to give back.
  const errors = [...nameErrors(meta), ...spec.errors, ...status.errors.filter(({ path }) => path !== 'status.phase')];
  return errors.length > 0 || spec.value === undefined ? fail(distinct(errors)) : ok(rolloutOf(object, meta, spec.value, status.value));
}

const rolloutOf = (object: KubeObject, meta: Metadata, spec: RolloutSpec, status: RolloutStatus): Rollout => ({
  ...identityOf(meta),
  generation: meta.generation,
  createdAt: meta.createdAt,
  isDeleting: meta.isDeleting,
  hasFinalizer: listAt(object, 'metadata', 'finalizers').includes(finalizer),
  finalizers: listAt(object, 'metadata', 'finalizers').filter((name) => typeof name === 'string'),
  adoptsSplit: textAt(object, 'metadata', 'annotations', annotations.adoptSplit) === 'true',
  ...withTaken(spec, status),
  status,
});

export function decodeAnalysisTemplate(object: KubeObject): Decoded<AnalysisTemplate> {
  return decodeTemplate(object, true);
}

/** The same without a namespace. */
export function decodeClusterAnalysisTemplate(object: KubeObject): Decoded<AnalysisTemplate> {
  return decodeTemplate(object, false);
}

function decodeTemplate(object: KubeObject, isNamespaced: boolean): Decoded<AnalysisTemplate> {
  const meta = readMetadata(object);
  const spec = readSpec(analysisTemplateSpecSchema, object);
  const errors = [...nameErrors(meta), ...spec.errors];
  if (errors.length > 0 || spec.value === undefined) return fail(distinct(errors));
  return ok({ ...(isNamespaced ? { namespace: meta.namespace } : {}), name: meta.name, spec: spec.value });
}

const runSpec = compiled(analysisRunSpecSchema);

export function decodeAnalysisRun(object: KubeObject): Decoded<AnalysisRun> {
  const meta = readMetadata(object);
  const spec = readSpec(runSpec(), object);
  const errors = [...nameErrors(meta), ...spec.errors];
  if (errors.length > 0 || spec.value === undefined) return fail(distinct(errors));
  return ok({
    ...identityOf(meta),
    generation: meta.generation,
    isDeleting: meta.isDeleting,
    ownerRolloutUid: ownerRolloutUid(object),
    spec: spec.value,
    status: readRunStatus(at(object, 'status')),
  });
}

export function decodeDecision(object: KubeObject): Decoded<Decision> {
  const meta = readMetadata(object);
  const spec = readSpec(decisionSpecSchema, object);
  const errors = [...nameErrors(meta), ...spec.errors, ...decisionErrors(object)];
  if (errors.length > 0 || spec.value === undefined) return fail(distinct(errors));
  return ok({
    ...identityOf(meta),
    createdAt: meta.createdAt,
    isDeleting: meta.isDeleting,
    ownerRolloutUid: ownerRolloutUid(object),
    spec: spec.value,
    status: readDecisionStatus(at(object, 'status')),
  });
}

function decisionErrors(object: unknown): readonly FieldError[] {
  const action = textAt(object, 'spec', 'action') ?? '';
  const isOfGate = action === 'Approve' || action === 'Reject';
  const isKnown = decisionActions.some((known) => known === action);
  const hasGate = at(object, 'spec', 'gate') !== undefined;
  const undoTo = textAt(object, 'spec', 'undoTo') ?? '';
  return [
    ...(isOfGate && !hasGate ? [{ path: 'spec.gate', message: `is required: ${action} is about a gate` }] : []),
    ...(isKnown && !isOfGate && hasGate ? [{ path: 'spec.gate', message: 'goes with Approve and Reject only' }] : []),
    ...(isKnown && action !== 'Undo' && undoTo !== '' ? [{ path: 'spec.undoTo', message: 'goes with Undo only' }] : []),
  ];
}

interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly createdAt: string;
  readonly isDeleting: boolean;
}

const readMetadata = (object: unknown): Metadata => ({
  namespace: textAt(object, 'metadata', 'namespace') ?? '',
  name: textAt(object, 'metadata', 'name') ?? '',
  uid: textAt(object, 'metadata', 'uid') ?? '',
  resourceVersion: textAt(object, 'metadata', 'resourceVersion') ?? '',
  generation: numberAt(object, 'metadata', 'generation') ?? 0,
  createdAt: textAt(object, 'metadata', 'creationTimestamp') ?? '',
  isDeleting: textAt(object, 'metadata', 'deletionTimestamp') !== undefined,
});

const identityOf = ({ namespace, name, uid, resourceVersion }: Metadata) => ({ namespace, name, uid, resourceVersion });

/** A namespace is not asked for: a file need not name one. */
const nameErrors = ({ name }: Metadata): readonly FieldError[] => (name === '' ? [{ path: 'metadata.name', message: 'is required' }] : []);

export interface SpecRead<T> {
  readonly value?: T;
  readonly errors: readonly FieldError[];
}

function readSpec<T extends z.ZodType>(schema: T, object: unknown): SpecRead<z.output<T>> {
  const parsed = schema.safeParse(at(object, 'spec'), { reportInput: true });
  return parsed.success ? { value: parsed.data, errors: [] } : { errors: fieldErrors(parsed.error.issues, ['spec']) };
}

const ownerRolloutUid = (object: unknown): string | undefined => {
  const owner = listAt(object, 'metadata', 'ownerReferences').find(
    (reference) => textAt(reference, 'kind') === rollouts.kind && textAt(reference, 'apiVersion')?.startsWith(`${rollouts.group}/`),
  );
  return textAt(owner, 'uid');
};

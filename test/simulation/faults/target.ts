import { collectionPath, type ObjectRef, type Resource, resourcePath } from '../../../src/kube/index.ts';
import type { ApiObject } from '../../../src/sandbox/api/index.ts';
import { type Pod, resources } from '../../../src/sandbox/objects/index.ts';
import type { Run } from '../play/run.ts';
import { rolloutOf, rollouts } from '../play/settled.ts';
import { type PatchType, requestAs } from './kit.ts';

/** What there is of the subject to strike. */

export const at = ({ subject: { namespace } }: Pick<Run, 'subject'>, name: string): ObjectRef => ({ namespace, name });

export const rolloutRef = (run: Pick<Run, 'subject'>): ObjectRef => at(run, run.subject.rollout);

/** Of the stable revision, or of the canary; undefined where there is none. */
export function revisionName(run: Run, which: 'stable' | 'canary'): string | undefined {
  const { status } = rolloutOf(run) ?? {};
  const revision = which === 'stable' ? status?.stableRevision : status?.canaryRevision;
  return revision === undefined ? undefined : `${run.subject.rollout}-${revision}`;
}

/** Pods of a revision, in the order of their names; the workload's own before it was adopted. */
export function podsOf(run: Run, which: 'stable' | 'canary'): readonly Pod[] {
  const pods = run.sandbox.client.list(resources.pods, { namespace: run.subject.namespace }) as unknown as readonly Pod[];
  const name = revisionName(run, which);
  const mine = pods.filter(({ metadata }) => (name === undefined ? which === 'stable' : metadata.name.startsWith(`${name}-`)));
  return mine
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((one, two) => (one.metadata.name < two.metadata.name ? -1 : 1));
}

export const splitVersion = 'v1alpha2';

/** The Rollout’s workload, where it has one. */
export function workloadOf(run: Run): string | undefined {
  const ref = rolloutOf(run)?.spec.workloadRef as { readonly name?: string } | undefined;
  return ref?.name;
}

/** What holds the template that people change: the Deployment that `workloadRef` names, or the Rollout. */
export function templateHolder(run: Run): { readonly resource: Resource; readonly ref: ObjectRef } {
  const workload = workloadOf(run);
  return workload === undefined
    ? { resource: rollouts, ref: rolloutRef(run) }
    : { resource: resources.deployments, ref: at(run, workload) };
}

export type Template = Readonly<Record<string, unknown>> & {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: unknown;
};

export const templateOf = (object: ApiObject | undefined): Template | undefined =>
  (object?.spec as { readonly template?: Template } | undefined)?.template;

export interface Patch {
  readonly resource: Resource;
  readonly ref: ObjectRef;
  readonly body: unknown;
  readonly subresource?: 'status' | 'scale';
  readonly type?: PatchType;
}

/** A patch by somebody; false where it was refused. */
export const patchAs = (run: Pick<Run, 'sandbox'>, writer: string, { resource, ref, body, subresource, type }: Patch): boolean =>
  requestAs(run.sandbox, writer, {
    ...{ method: 'PATCH', path: resourcePath(resource, ref, subresource), body },
    ...(type === undefined ? {} : { type }),
  });

export const createAs = (
  run: Pick<Run, 'sandbox'>,
  writer: string,
  resource: Resource,
  object: { readonly metadata: { readonly namespace?: string } },
): boolean => requestAs(run.sandbox, writer, { method: 'POST', path: collectionPath(resource, object.metadata.namespace), body: object });

export const deleteAs = (run: Pick<Run, 'sandbox'>, writer: string, resource: Resource, ref: ObjectRef): boolean =>
  requestAs(run.sandbox, writer, { method: 'DELETE', path: resourcePath(resource, ref) });

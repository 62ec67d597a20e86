// Decisions as people make them: what `kubectl create` sends, and what becomes of it.
import type { Bed } from '../kit/bed.ts';
import type { KubeObject } from '../kit/client.ts';
import type { User } from '../kit/layout.ts';
import { pathOf } from '../kit/paths.ts';
import { waitForObject } from '../kit/wait.ts';
import type { Release } from './release.ts';

export interface Decision extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: { readonly state?: string; readonly message?: string; readonly at?: string };
}

export interface Wish {
  readonly gate?: string;
  readonly revision?: string;
  readonly attempt?: number;
  readonly reason?: string;
  readonly undoTo?: string;
  readonly uid?: string;
  readonly as?: User;
  /** Left out: whoever makes it. */
  readonly subject?: string;
}

let made = 0;

/** Written about what the Rollout is at now, unless it says otherwise. */
export async function decide(bed: Bed, release: Release, action: string, wish: Wish = {}): Promise<Decision> {
  const { as = 'admin', uid, revision, attempt, ...rest } = wish;
  const { metadata, status } = await release.get();
  made += 1;
  const decision = {
    apiVersion: 'sluice.dev/v1alpha1',
    kind: 'Decision',
    metadata: { name: `web-${process.pid}-${made}`, namespace: release.scenario.name },
    spec: {
      rollout: { name: 'web', uid: uid ?? metadata.uid },
      revision: revision ?? status?.canaryRevision ?? status?.stableRevision,
      attempt: attempt ?? status?.attempt ?? 1,
      action,
      subject: as,
      ...rest,
    },
  };
  return (await bed.as(as).create(decision as unknown as KubeObject)) as Decision;
}

/** Waits for its answer. */
export async function answered(
  bed: Bed,
  { metadata }: Decision,
  deadlineMs = 20_000,
): Promise<NonNullable<Decision['status']> & { owner: string | undefined }> {
  const path = pathOf('decisions', metadata.namespace ?? '', metadata.name);
  const seen = await waitForObject<Decision>(
    bed.admin,
    path,
    `an answer to ${metadata.name}`,
    (object) => object?.status?.state !== undefined,
    {
      deadlineMs,
    },
  );
  return { ...seen?.status, owner: seen?.metadata.ownerReferences?.[0]?.uid };
}

/** Alice and Bob may decide everything in this namespace. */
export async function operators(bed: Bed, namespace: string, users: readonly User[] = ['alice', 'bob']): Promise<void> {
  await bed.admin.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'operators', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'sluice-operator' },
    subjects: users.map((name) => ({ kind: 'User', name, apiGroup: 'rbac.authorization.k8s.io' })),
  } as unknown as KubeObject);
}

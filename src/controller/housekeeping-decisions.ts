import { decisions, textAt } from '../api/index.ts';
import type { KubeClient, KubeObject } from '../kube/index.ts';
import { describeFailure } from '../kube/index.ts';
import type { Clock, Logger } from '../lib/index.ts';

/** The audit trail is kept for so long, and of each Rollout so many whatever their age. */
const keptForMs = 30 * 24 * 3_600_000;
const keptPerRollout = 100;

/** Decisions that were answered long ago, beyond the newest hundred of their Rollout. One that waits for its answer is never among them. */
export function surplusDecisions(objects: readonly KubeObject[], nowMs: number): readonly KubeObject[] {
  const groups = new Map<string, KubeObject[]>();
  for (const object of objects) {
    if (textAt(object, 'status', 'state') === undefined) continue;
    const key = `${object.metadata.namespace ?? ''}/${textAt(object, 'spec', 'rollout', 'name') ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), object]);
  }
  return [...groups.values()].flatMap((group) =>
    group
      .toSorted((left, right) => madeAtMs(right) - madeAtMs(left))
      .slice(keptPerRollout)
      .filter((object) => nowMs - madeAtMs(object) > keptForMs),
  );
}

const madeAtMs = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '') || 0;

export interface DecisionTidying {
  readonly client: Pick<KubeClient, 'list' | 'delete'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Empty: all. */
  readonly namespaces: readonly string[];
}

/** They are not kept in memory, so they are asked for; where they may not be read, or are not installed, nothing is tidied. */
export async function tidyDecisions({ client, clock, log, namespaces }: DecisionTidying, signal: AbortSignal): Promise<void> {
  for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
    const listed = await client.list(decisions, { namespace }, signal);
    if (!listed.ok) continue;
    const surplus = surplusDecisions(listed.value.items, clock.nowMs());
    for (const { metadata } of surplus) {
      if (signal.aborted) return;
      const ref = { namespace: metadata.namespace ?? '', name: metadata.name };
      const removed = await client.delete(decisions, ref, { preconditions: { uid: metadata.uid } }, signal);
      if (!removed.ok && removed.failure.kind !== 'notFound' && removed.failure.kind !== 'aborted')
        log.warn(
          { decision: `${ref.namespace}/${ref.name}`, failure: describeFailure(removed.failure) },
          'an old Decision could not be removed',
        );
    }
    if (surplus.length > 0) log.info({ removed: surplus.length }, 'old Decisions removed');
  }
}

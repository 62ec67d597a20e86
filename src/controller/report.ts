import type { FieldError } from '../api/index.ts';
import { apiVersion, finalizer, rollouts, summaryOf } from '../api/index.ts';
import type { ReasonCode } from '../core/index.ts';
import type { KubeClient, KubeFailure, Recorder } from '../kube/index.ts';
import type { Clock, Result } from '../lib/index.ts';
import { isObject, ok } from '../lib/index.ts';
import type { Executors } from './execute.ts';
import type { RolloutRecord } from './records.ts';

/** Why nothing can be decided on a Rollout. Traffic stays where it is. */
export interface Stall {
  readonly reason: ReasonCode;
  readonly message: string;
}

/** Stored once, and no longer valid: every error with its path; in a deletion only those that stand in its way, and the way out. */
export function invalid({ isLeaving }: RolloutRecord, errors: readonly FieldError[]): Stall {
  const summary = summaryOf(errors, 3000);
  const message = isLeaving
    ? `cannot be deleted, because what it took over cannot be given back: ${summary}; mend that, or point the Service at pods that serve and ` +
      `remove the finalizer ${finalizer} by hand: the split then goes at once, and the pods of its revisions may`
    : summary;
  return { reason: 'InvalidSpec', message };
}

export interface Reporter {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly executors: Pick<Executors, 'absorb'>;
  readonly recorder: Pick<Recorder, 'event'>;
}

function conditionsOf({ decoded, rawStatus }: RolloutRecord): readonly Readonly<Record<string, unknown>>[] {
  if (decoded.ok) return decoded.value.status.conditions.map((condition) => ({ ...condition }));
  return Array.isArray(rawStatus.conditions) ? rawStatus.conditions.filter(isObject) : [];
}

/** At rest and before, a phase of its own tells of it; a release, a rollback or a deletion that is under way goes on from where it was. */
function phaseOf({ decoded, rawStatus }: RolloutRecord): { readonly phase?: 'Degraded' } {
  const phase = decoded.ok ? decoded.value.status.phase : rawStatus.phase;
  return phase === undefined || phase === 'Initializing' || phase === 'Healthy' ? { phase: 'Degraded' } : {};
}

/** Says it in the conditions and as an Event, once; whatever else status remembers stays. */
export async function reportStall(
  record: RolloutRecord,
  { reason, message }: Stall,
  { client, clock, executors, recorder }: Reporter,
  signal: AbortSignal,
): Promise<Result<void, KubeFailure>> {
  const before = conditionsOf(record);
  const isSaid = before.some(
    (condition) =>
      condition.type === 'Stalled' &&
      condition.reason === reason &&
      condition.message === message &&
      condition.observedGeneration === record.generation,
  );
  if (isSaid) return ok(undefined);
  const condition = (type: string, status: string) => {
    const known = before.find((earlier) => earlier.type === type && earlier.status === status);
    const lastTransitionTime = known?.lastTransitionTime ?? new Date(clock.nowMs()).toISOString();
    return { type, status, reason, message, lastTransitionTime, observedGeneration: record.generation };
  };
  const conditions = [
    condition('Ready', 'False'),
    condition('Stalled', 'True'),
    ...before.filter(({ type }) => type !== 'Ready' && type !== 'Stalled' && type !== 'Reconciling'),
  ];
  const body = {
    metadata: { uid: record.uid, resourceVersion: record.resourceVersion },
    status: { observedGeneration: record.generation, ...phaseOf(record), message, conditions },
  };
  const written = await client.patch(rollouts, record, body, { type: 'merge', subresource: 'status' }, signal);
  if (!written.ok) return written;
  executors.absorb(rollouts, written.value);
  const { namespace, name, uid } = record;
  recorder.event({ regarding: { apiVersion, kind: rollouts.kind, namespace, name, uid }, type: 'Warning', reason, note: message });
  return ok(undefined);
}

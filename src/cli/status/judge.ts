import type { AskedFor } from './asked-for.ts';
import type { Seen } from './seen.ts';

/** What a pipeline wants to know of a Rollout. */
export type Verdict =
  | { readonly kind: 'healthy'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'inFlight'; readonly message: string };

/** The revision whose fate status tells, where it is at rest: the question is whether it is the one that was asked for. */
export function settledRevision({ status }: Seen): string | undefined {
  if (status.phase === 'Healthy') return status.stableRevision;
  return status.phase === 'RolledBack' ? status.canaryRevision : undefined;
}

/** Stalled is believed the second time: what keeps a Rollout from going on may have been mended a moment ago. */
export function judge(rollout: Seen, isAskedFor: AskedFor, wasStalled: boolean): Verdict {
  const { status, generation, isDeleting } = rollout;
  const { phase, observedGeneration } = status;
  const message = `${phase ?? 'Unseen'}: ${status.message ?? 'no controller has seen it'}`;
  if (isDeleting || phase === 'Terminating') return { kind: 'failed', message: `it is being deleted; ${message}` };
  if (observedGeneration < generation)
    return {
      kind: 'inFlight',
      message: `generation ${generation} has not been seen by the controller yet (it has seen ${observedGeneration})`,
    };
  if (settledRevision(rollout) !== undefined && isAskedFor === 'no')
    return { kind: 'inFlight', message: `the newest template has not been seen by the controller yet; ${message}` };
  if (phase === 'Healthy') return { kind: 'healthy', message };
  if (phase === 'RolledBack' || phase === 'Degraded') return { kind: 'failed', message };
  return isStalled(rollout) && wasStalled ? { kind: 'failed', message } : { kind: 'inFlight', message };
}

export const isStalled = ({ status }: Seen): boolean =>
  status.conditions.some(({ type, status: value }) => type === 'Stalled' && value === 'True');

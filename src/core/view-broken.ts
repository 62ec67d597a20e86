import { phases } from './rollout.ts';
import type { RolloutView } from './view.ts';

export interface Broken {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly createdAt: string;
  readonly rawStatus: Readonly<Record<string, unknown>>;
  /** Every error with its path. */
  readonly problem: string;
}

/** Of a Rollout that does not decode: where it was when it could be read last, and what is wrong with it. Nothing is decided on it. */
export function viewOfBroken({ namespace, name, uid, createdAt, rawStatus, problem }: Broken): RolloutView {
  const { phase, stableRevision, canaryRevision } = rawStatus;
  return {
    ...{ namespace, name, uid, createdAt },
    phase: phases.find((known) => known === phase) ?? 'Degraded',
    message: problem,
    reason: 'InvalidSpec',
    isPaused: false,
    ...(typeof stableRevision === 'string' ? { stableRevision } : {}),
    ...(typeof canaryRevision === 'string' ? { canaryRevision } : {}),
    ...{ steps: [], revisions: [], gates: [], analysis: [], history: [], decisions: [], actions: [] },
  };
}

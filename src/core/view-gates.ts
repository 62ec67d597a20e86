import { isObject } from '../lib/index.ts';
import type { Rollout, RolloutStatus } from './rollout.ts';
import { stepsOf } from './rollout.ts';

type GateStatus = NonNullable<RolloutStatus['gates']>[number];

/** A gate, with everything that a button needs: a decision names gate, revision and attempt. */
export interface ViewedGate {
  readonly name: string;
  readonly id: string;
  readonly state: GateStatus['state'];
  /** What is asked. */
  readonly message?: string | undefined;
  readonly openedAt: string;
  readonly expiresAt?: string | undefined;
  readonly needs: number;
  /** Approvals that are still missing. */
  readonly missing: number;
  readonly approvals: GateStatus['approvals'];
  readonly revision: string;
  readonly attempt: number;
}

export function gatesOf({ spec, status }: Rollout): readonly ViewedGate[] {
  const { canaryRevision: revision, attempt = 1, gates = [] } = status;
  if (revision === undefined) return [];
  const steps = stepsOf(spec.strategy.canary);
  return gates.map(({ name, id, state, openedAt, expiresAt, needs, approvals }) => {
    const message = steps.flatMap(({ config }) => messageIn(config, name) ?? [])[0];
    return {
      ...{ name, id, state, openedAt, needs, approvals, revision, attempt },
      missing: state === 'Open' ? Math.max(0, needs - new Set(approvals.map(({ subject }) => subject)).size) : 0,
      ...(message === undefined ? {} : { message }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
  });
}

/** Of the step that has the gate's name. */
function messageIn(config: unknown, gate: string): string | undefined {
  return isObject(config) && config.name === gate && typeof config.message === 'string' ? config.message : undefined;
}

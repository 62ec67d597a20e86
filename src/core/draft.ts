import type { Effect, Notice, ShareQuestion } from './plan.ts';
import type { ReasonCode } from './reasons.ts';
import type { RolloutStatus } from './rollout.ts';

/** A plan in the making. Each part of the planner takes one and returns the next; nothing is changed in place. */
export interface Draft {
  readonly status: RolloutStatus;
  readonly effects: readonly Effect[];
  /** Moments at which to look again. */
  readonly wakes: readonly number[];
  readonly share?: ShareQuestion;
  /** What the Rollout waits for, in the words of the registry. */
  readonly hold?: Hold;
  /** What stands in the way where the reason is another one already: of a rollback that is over. */
  readonly beside?: Hold;
  /** What the weight waits for while it is not confirmed, whatever else is waited for. */
  readonly weightHold?: Hold;
  /** Why metrics cannot be asked whether the weight has arrived. */
  readonly outage?: string;
  /** The weight that pods are being prepared for. */
  readonly goalWeight?: number;
  /** What people are told beside what status says of itself. */
  readonly notices?: readonly Notice[];
}

export interface Hold {
  readonly reason: ReasonCode;
  readonly message: string;
  /** It cannot go on by itself. */
  readonly isStalled?: boolean;
}

export const draftOf = (status: RolloutStatus): Draft => ({ status, effects: [], wakes: [] });

export const withStatus = (draft: Draft, changes: Partial<RolloutStatus>): Draft => ({ ...draft, status: { ...draft.status, ...changes } });

export const withEffects = (draft: Draft, ...effects: readonly Effect[]): Draft => ({ ...draft, effects: [...draft.effects, ...effects] });

export const telling = (draft: Draft, notice: Notice): Draft => ({ ...draft, notices: [...(draft.notices ?? []), notice] });

export const waking = (draft: Draft, ...moments: readonly (number | undefined)[]): Draft => ({
  ...draft,
  wakes: [...draft.wakes, ...moments.filter((moment) => moment !== undefined && Number.isFinite(moment)).map(Number)],
});

/** The first reason to hold wins: parts later in the order are less telling. */
export const holding = (draft: Draft, hold: Hold): Draft => (draft.hold === undefined ? { ...draft, hold } : draft);

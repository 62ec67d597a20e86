import type { DecisionAction, DecisionChannel } from '../core/decision.ts';
import type { Result } from '../lib/index.ts';

/** What somebody wants of one Rollout. */
export interface Wish {
  readonly namespace: string;
  readonly rollout: string;
  readonly action: DecisionAction;
  /** Of Approve and Reject. */
  readonly gate?: string | undefined;
  /** The revision and attempt that the person saw; left out: those of now (never for Approve from a chat's button). */
  readonly revision?: string | undefined;
  readonly attempt?: number | undefined;
  readonly undoTo?: string | undefined;
  readonly reason?: string | undefined;
}

/** A person whom the API server (by TokenReview) or an admin's mapping of chat accounts has named. */
export interface Caller {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly channel: DecisionChannel;
  /** The chat account that it came from: `T01/U02`. */
  readonly account?: string | undefined;
}

/** Why a request was not served: the members of an RFC 9457 problem document that vary. */
export interface Problem {
  readonly status: number;
  readonly reason: string;
  readonly detail: string;
  readonly retryAfterSeconds?: number | undefined;
}

/** The Decision that was made, or had been by the same idempotency key. */
export interface MadeDecision {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly revision: string;
  readonly attempt: number;
  readonly isRepeated: boolean;
}

/** The one way from a request to a Decision: reviews (SubjectAccessReview: the verb of the action on `rollouts/decision`), writes it, says what became of it. */
export interface Decider {
  decide(wish: Wish, caller: Caller, idempotencyKey: string | undefined, signal: AbortSignal): Promise<Result<MadeDecision, Problem>>;
}

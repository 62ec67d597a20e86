import type { Draft } from '../draft.ts';
import type { DecisionView, World } from '../world.ts';

/** What becomes of a Decision. One that is accepted has changed the draft; the message says what was done, or why nothing was and what to do instead. */
export type Verdict =
  | { readonly state: 'Accepted'; readonly message: string; readonly draft: Draft }
  | { readonly state: 'Rejected' | 'Superseded' | 'Expired'; readonly message: string };

/**
 * One action of a Decision whose revision and attempt are those of now. Pure: given the world and what was decided so far, what comes of it. Add one: a file, a
 * line in registry.ts, and its name in core/decision.ts.
 */
export type Action = (world: World, draft: Draft, decision: DecisionView) => Verdict;

export const accepted = (message: string, draft: Draft): Verdict => ({ state: 'Accepted', message, draft });
export const rejected = (message: string): Verdict => ({ state: 'Rejected', message });
export const superseded = (message: string): Verdict => ({ state: 'Superseded', message });
export const expired = (message: string): Verdict => ({ state: 'Expired', message });

/** `aborted by alice: wrong build`. */
export const saidBy = (what: string, { subject, reason }: DecisionView): string =>
  `${what} by ${subject}${reason === '' ? '' : `: ${reason.slice(0, 500)}`}`;

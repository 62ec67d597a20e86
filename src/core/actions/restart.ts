import { withStatus } from '../draft.ts';
import { findRevision } from '../facts.ts';
import { isoOf } from '../time.ts';
import type { Action } from './action.ts';
import { accepted, rejected } from './action.ts';

/** The pods of what is live are made anew, each revision where it stands: no release, no steps, the same template. */
export const restart: Action = (world, draft) => {
  const { stableRevision, canaryRevision, abort } = draft.status;
  const live = [stableRevision, abort === undefined ? canaryRevision : undefined];
  const revisions = live.flatMap((revision) => (findRevision(world, revision)?.deployment === undefined ? [] : [revision ?? '']));
  if (revisions.length === 0) return rejected('there are no pods to make anew');
  return accepted(
    `the pods of ${revisions.join(' and ')} are made anew`,
    withStatus(draft, { restart: { at: isoOf(world.nowMs), revisions } }),
  );
};

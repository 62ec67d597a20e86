import { withStatus } from '../draft.ts';
import type { Action } from './action.ts';
import { accepted, rejected } from './action.ts';
import { notInFlight } from './in-flight.ts';

/** For the rest of this attempt the change windows hold nothing back. */
export const override: Action = (world, draft, { reason }) => {
  const over = notInFlight(draft);
  if (over !== undefined) return over;
  const { run } = draft.status;
  if (run === undefined) return rejected('no release is under way');
  if (run.override === true) return rejected('the change windows were overridden for this attempt already');
  if (reason.trim() === '') return rejected('say why in spec.reason: an Override is there to be looked up later');
  const now =
    world.window.kind === 'closed'
      ? 'this attempt goes on although a change window is closed'
      : 'no window is closed now; none will hold this attempt';
  return accepted(now, withStatus(draft, { run: { ...run, override: true } }));
};

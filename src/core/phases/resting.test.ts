import { expect, it } from 'vitest';
import { aWorld, canaryRevision, nextRevision } from '../../../test/support/worlds.ts';
import { plan } from '../planner.ts';

/** Its run of the first time is over; taking it for the run of this time would end this one at once, or let it wait for ever. */
it('a revision that comes again is judged by runs of its own', () => {
  const again = aWorld().withTarget(canaryRevision).withRuns({ phase: 'Failed', attempt: 1 }, { phase: 'Successful', attempt: 2 });
  expect(plan(again.build()).status).toMatchObject({ phase: 'Progressing', canaryRevision, attempt: 3 });
});

it('a new revision begins with its first attempt, whatever others went through', () => {
  const next = aWorld().withTarget(nextRevision).withRuns({ phase: 'Failed', attempt: 4 });
  expect(plan(next.build()).status).toMatchObject({ canaryRevision: nextRevision, attempt: 1 });
});

import { withGate } from '../gates.ts';
import { isoOf } from '../time.ts';
import type { Action } from './action.ts';
import { accepted, rejected } from './action.ts';
import { askedGate } from './at-gate.ts';
import { stillHeld } from './in-flight.ts';

/** One voice of as many as the gate needs, each of another person. */
export const approve: Action = (world, draft, decision) => {
  const asked = askedGate(world, draft, decision);
  if (asked.kind === 'not') return asked.verdict;
  const { gate } = asked;
  const { subject, channel, name } = decision;
  const needs = gate.needs - gate.approvals.length;
  if (gate.approvals.some((approval) => approval.subject === subject))
    return rejected(`${subject} has approved gate "${gate.name}" already, and counts once; it needs ${needs} more, of other people`);
  const approvals = [...gate.approvals, { subject, at: isoOf(world.nowMs), channel, decision: name }];
  const isEnough = approvals.length >= gate.needs;
  const said = `gate "${gate.name}" has ${approvals.length} of ${gate.needs} approvals`;
  const next = withGate(draft, { ...gate, approvals, state: isEnough ? 'Approved' : 'Open' });
  return accepted(isEnough ? `${said}; the release goes on${stillHeld(world, draft)}` : said, next);
};

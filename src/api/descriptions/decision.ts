import type { Descriptions } from './below.ts';

export const decision: Descriptions = {
  spec: 'Who decides what, on which revision. Immutable.',
  'spec.rollout': 'The Rollout that is decided on; its uid too, so that a namesake is not meant.',
  'spec.rollout.name': 'Its name.',
  'spec.rollout.uid': 'Its UID.',
  'spec.revision': 'The revision that is decided on: status.canaryRevision of the Rollout; where there is none, status.stableRevision.',
  'spec.attempt': 'Its attempt: status.attempt of the Rollout; where there is none, 1.',
  'spec.action': 'What is decided.',
  'spec.gate': 'The gate that is approved or rejected.',
  'spec.subject': 'The Kubernetes user who decides; must be the caller.',
  'spec.channel': 'How the decision was made known.',
  'spec.account': 'The chat account that it came from.',
  'spec.reason': 'Why, in words.',
  'spec.undoTo': 'Undo only: a revision that is still kept. Left out: the one that was stable before.',
  status: 'What became of it; written by the controller.',
  'status.state': 'Accepted: it was followed. Rejected: it cannot count. Superseded: something else came first. Expired: it came too late.',
  'status.message': 'What was done, or why nothing was.',
  'status.at': 'When it was answered.',
};

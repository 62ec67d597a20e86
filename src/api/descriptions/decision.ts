import type { Descriptions } from './below.ts';

export const decision: Descriptions = {
  spec: 'Who decides what, on which revision. Immutable.',
  'spec.rollout': 'The Rollout that is decided on; its uid too, so that a namesake is not meant.',
  'spec.rollout.name': 'Its name.',
  'spec.rollout.uid': 'Its UID.',
  'spec.revision': 'The revision that is decided on: status.canaryRevision of the Rollout.',
  'spec.attempt': 'Its attempt: status.attempt of the Rollout.',
  'spec.action': 'What is decided.',
  'spec.gate': 'The gate that is approved or rejected.',
  'spec.subject': 'The Kubernetes user who decides; must be the caller.',
  'spec.channel': 'How the decision was made known.',
  'spec.account': 'The chat account that it came from.',
  'spec.reason': 'Why, in words.',
  'spec.undoTo': 'Undo only: a revision of the history.',
  status: 'What became of it; written by the controller.',
  'status.state': 'Whether it was followed.',
  'status.message': 'Why not.',
  'status.at': 'When it was answered.',
};

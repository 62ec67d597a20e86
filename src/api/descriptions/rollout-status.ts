import { below, type Descriptions } from './below.ts';

const step: Descriptions = {
  '': 'The step that the release is at.',
  index: 'Counted from 0; one past the last is the promotion.',
  total: 'How many steps there are.',
  label: 'For people: 3/7, counted from 1.',
  kind: 'Of the step: setWeight, pause, analysis, setCanaryScale, or promotion and bake after the last one.',
  startedAt: 'When it was entered.',
  until: 'When a timed pause, or the bake, ends.',
};

const weight: Descriptions = {
  '': 'The canary’s share of the traffic, in percent.',
  desired: 'What was decided.',
  written: 'The most that the mesh may still give; the same as desired once that is confirmed.',
  observed: 'What metrics showed when it was confirmed.',
  confirmedBy: 'How it is known that the mesh follows: the observed share, the adapter’s own object, or an elapsed bound.',
  confirmedAt: 'Since when; absent while the mesh is not seen to follow.',
  isHasty: 'Internal: the weight before this one was never confirmed, so that it may still come through.',
};

const gates: Descriptions = {
  '': 'Gates of this release that people are asked at.',
  '*.name': 'As in the spec.',
  '*.id': 'Tells this opening from others of the same gate.',
  '*.state': 'Open until it is decided.',
  '*.openedAt': 'Decisions from before do not count.',
  '*.expiresAt': 'When its onTimeout takes place.',
  '*.needs': 'How many approvals it needs.',
  '*.approvals': 'Those that it has.',
  '*.approvals.*.subject': 'Who approved.',
  '*.approvals.*.at': 'When.',
  '*.approvals.*.channel': 'How it was made known.',
  '*.approvals.*.decision': 'Name of the Decision.',
};

const conditions: Descriptions = {
  '': 'Ready; Reconciling and Stalled, only while true; WeightConfirmed; Contended, and Obstructed (what stands in the way after a rollback), only while true; AnalysisReady, only while False.',
  '*.type': 'Name of the condition.',
  '*.status': 'True, False or Unknown.',
  '*.reason': 'Why, in one word: docs/reasons.md says what to do about each.',
  '*.message': 'Why, in a sentence.',
  '*.lastTransitionTime': 'When its status last changed.',
  '*.observedGeneration': 'The generation of the spec that it is about.',
};

const history: Descriptions = {
  '': 'Releases that are over, the newest last.',
  '*.revision': 'The revision that was released.',
  '*.startedAt': 'When it began.',
  '*.finishedAt': 'When it was over.',
  '*.outcome': 'How it ended.',
  '*.reason': 'Why, where it was not promoted.',
};

/** Ours: what a restart must not forget. */
const internal: Descriptions = {
  taken: 'Internal: the names of the root Service and the split that were taken over.',
  'taken.service': 'Internal: the root Service.',
  'taken.split': 'Internal: the TrafficSplit.',
  stage: 'Internal: where adoption or deletion stands.',
  'stage.name': 'Internal: the stage.',
  'stage.since': 'Internal: when it was entered.',
  run: 'Internal: what a restart must not forget of the canary’s run.',
  'run.startedAt': 'Internal: when it began.',
  'run.replicasFloor': 'Internal: the most replicas that were wanted meanwhile; stable never goes below.',
  'run.outages': 'Internal: how often the canary lost all its pods.',
  'run.lost': 'Internal: the weight that the last time took, and that is to come back.',
  'run.steps': 'Internal: a print of the steps that step.index counts in.',
  'run.background': 'Internal: a print of the background analysis.',
  'run.bake': 'Internal: a print of the bake’s analysis.',
  'run.provider': 'Internal: who followed the split when it began.',
  'run.rounds': 'Internal: how often each analysis was begun within the attempt.',
  'run.rounds.steps': 'Internal: those of steps.',
  'run.rounds.background': 'Internal: the background analysis.',
  'run.rounds.bake': 'Internal: the bake’s.',
  waiting: 'Internal: what the progress deadline is counting for.',
  'waiting.for': 'Internal: what is waited for.',
  'waiting.since': 'Internal: since when.',
  'waiting.best': 'Internal: the most ready pods that were seen.',
  'waiting.stoppedAt': 'Internal: since when the clock stands.',
  canaryUnavailableSince: 'Internal: since when the canary, having weight, has not had a single ready pod.',
  warm: 'Internal: revisions without traffic that keep their pods until a moment.',
  'warm.*.revision': 'Internal: the revision.',
  'warm.*.until': 'Internal: the moment.',
  corrections: 'Internal: foreign edits that were put right lately.',
  'corrections.*.object': 'Internal: what was edited.',
  'corrections.*.at': 'Internal: when it was put right.',
  'corrections.*.version': 'Internal: tells one edit from the next.',
  'corrections.*.by': 'Internal: the field manager that edited it.',
};

export const rolloutStatus: Descriptions = {
  '': 'Where it stands; written by the controller.',
  observedGeneration: 'The generation that this status is about; -1 until the controller has seen the Rollout.',
  phase: 'Where it stands, in one word.',
  message: 'Where it stands and what it waits for, in a sentence.',
  ...below('conditions', conditions),
  stableRevision: 'The revision that serves.',
  canaryRevision: 'The revision that is being released, or was rolled back.',
  attempt: 'Grows with each retry of the same revision.',
  epoch: 'The leader’s fencing number.',
  ...below('step', step),
  ...below('weight', weight),
  newestWeight:
    'Percent of the traffic that the newest revision has: the canary’s weight, and 100 where there is no canary. The column Weight.',
  replicas: 'Pods of all revisions; for /scale.',
  readyReplicas: 'Those that are ready.',
  selector: 'Selects these pods; for /scale.',
  ...below('gates', gates),
  analysis: 'The AnalysisRuns of this release.',
  'analysis.*.run': 'Name of the AnalysisRun.',
  'analysis.*.kind': 'What it was made for.',
  'analysis.*.phase': 'Its own phase.',
  'analysis.*.message': 'Its own message.',
  abort: 'Why the canary was rolled back.',
  'abort.reason': 'In one word.',
  'abort.message': 'In a sentence.',
  'abort.at': 'When that was decided.',
  ...below('history', history),
  ...internal,
};

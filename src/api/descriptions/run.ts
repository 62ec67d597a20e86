import { below, type Descriptions } from './below.ts';
import { template } from './metric.ts';

const measurement: Descriptions = {
  result: 'What it was worth. Only a Pass passes.',
  value: 'The measured value; absent where nothing was measured.',
  requests: 'Requests behind the value, where they are known.',
  message: 'Why it was no Pass.',
  startedAt: 'When it was asked.',
  finishedAt: 'When the answer was there.',
  windowStartedAt: 'Since when what was measured had happened.',
};

const result: Descriptions = {
  name: 'The metric.',
  phase: 'How it stands.',
  message: 'Why it ended so.',
  dryRun: 'It is no verdict.',
  count: 'Measurements that count: passed, failed and inconclusive ones.',
  successful: 'Those that passed.',
  failed: 'Those that failed.',
  inconclusive: 'Those that were inconclusive.',
  noData: 'How often there was nothing to measure.',
  error: 'How often it could not be asked.',
  invalid: 'How often the answer was no number, or not of this question.',
  consecutiveError: 'Errors in a row.',
  consecutiveSuccess: 'Passes in a row.',
  query: 'What was asked last, with its arguments.',
  deciding: 'The measurement that ended the metric.',
  ...below('deciding', measurement),
  measurements: 'The last ten.',
  ...below('measurements.*', measurement),
  nextDueAt: 'Internal: when it is to be asked next.',
  silentSince: 'Internal: since when nothing was seen.',
  comparison: 'Of a metric with compare.',
  'comparison.state': 'Internal: the sequential test, as JSON.',
  'comparison.verdict': 'What it says of all of them: worse (final), notWorse, or unknown.',
  'comparison.until': 'Up to when both sides have been counted.',
  'comparison.windows': 'How many windows it has seen.',
  passedWindowStartedAt: 'Internal: the start of the window of the latest Pass.',
};

const madeFor: Descriptions = {
  '': 'The Rollout, revision and attempt that the run was made for. Left out in a run made by hand.',
  name: 'The Rollout.',
  uid: 'Its UID, so that a namesake is not meant.',
  kind: 'Background, of a Step, or of the bake AfterPromotion.',
  revision: 'The canary.',
  stableRevision: 'What it was released against.',
  attempt: 'Of the revision.',
  round: 'How often this analysis was begun within the attempt; left out: once.',
  step: 'Index of the step; of a Step run only.',
};

export const run: Descriptions = {
  ...template,
  spec: 'What is measured. Immutable, but for terminate.',
  'spec.terminate': 'true ends the run: Successful unless something is worse, Inconclusive before any pass.',
  ...below('spec.rollout', madeFor),
  status: 'What was measured; written by the controller.',
  'status.phase': 'How the run stands, or ended.',
  'status.message': 'Why it ended so.',
  'status.startedAt': 'When it was first seen.',
  'status.completedAt': 'When it ended.',
  'status.metricResults': 'By metric, in the order of the spec.',
  ...below('status.metricResults.*', result),
};

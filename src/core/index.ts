export { isStop, subjectOf } from './actions/index.ts';
export { writtenEpoch } from './fencing.ts';
export type { Effect, Notice, Plan, RunOrder, ShareQuestion } from './plan.ts';
export { plan } from './planner.ts';
export type { Reason, ReasonCode } from './reasons.ts';
export { reasons } from './reasons.ts';

export { difference, type FieldSet, has, isEmpty, setOf, union } from './field-set.ts';
export { identityOf, type Managed, type Manager, readManagers, writeManagers } from './managers.ts';
export { typedProblem } from './problems.ts';
export { type Conflict, type Tracking, trackApply, trackUpdate } from './track.ts';

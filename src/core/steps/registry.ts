// Every step kind, by the key that users write. One line each; the CRD, its rules, the types and the contract tests follow.
export { analysis } from './analysis.ts';
export { gate } from './gate.ts';
export { pause } from './pause.ts';
export { setCanaryScale } from './set-canary-scale.ts';
export { setWeight } from './set-weight.ts';

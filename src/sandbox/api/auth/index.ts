export { type Attempt, allows, type Grants, rulesOf } from './rbac.ts';
export { type Reviewer, review } from './reviews.ts';
export { serviceAccountUser, Tokens } from './tokens.ts';

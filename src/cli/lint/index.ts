export { type LintFlags, lint } from './lint.ts';

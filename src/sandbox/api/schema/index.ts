export { canonicalText } from './canonical.ts';
export { type Cel, type CelContext, type CelOutcome, celEnvironment, createCel } from './cel.ts';
export { celValue } from './cel-value.ts';
export { isComplete, markComplete, withDefaults } from './defaults.ts';
export { prune } from './prune.ts';
export { brokenRules, validateRules } from './rules.ts';
export { childPath, isOpen, memberSchema, type Schema, type ValidationRule } from './schema.ts';
export { share } from './share.ts';
export { listKey, validate } from './validate.ts';

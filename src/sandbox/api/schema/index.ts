export { canonicalText } from './canonical.ts';
export { isComplete, markComplete, withDefaults } from './defaults.ts';
export { prune } from './prune.ts';
export { brokenRules, validateRules } from './rules.ts';
export { childPath, isOpen, memberSchema, type Schema, type ValidationRule } from './schema.ts';
export { listKey, validate } from './validate.ts';

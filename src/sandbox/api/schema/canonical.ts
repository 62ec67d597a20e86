import { canonicalJson } from '../../../lib/index.ts';

/** A text that is the same for equal JSON values, and cheap for those that are no objects. */
export const canonicalText = (value: unknown): string =>
  typeof value === 'object' && value !== null ? canonicalJson(value) : (JSON.stringify(value) ?? 'undefined');

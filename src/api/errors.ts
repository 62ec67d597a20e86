import type { z } from 'zod';
import { stepNames } from '../core/steps/index.ts';

/** One thing that is wrong with an object, and what to do about it. */
export interface FieldError {
  /** As the API server writes it: `spec.strategy.canary.steps[1].setWeight`. */
  readonly path: string;
  readonly message: string;
}

type Segment = string | number;

/** `['spec', 'steps', 1, 'setWeight']` is `spec.steps[1].setWeight`. Names that are no identifiers are quoted. */
export function pathOf(segments: readonly PropertyKey[]): string {
  return segments.reduce<string>((path, segment) => {
    if (typeof segment === 'number') return `${path}[${segment}]`;
    const name = String(segment);
    if (!/^[A-Za-z_][-\w]*$/.test(name)) return `${path}[${JSON.stringify(name.slice(0, 64))}]`;
    return path === '' ? name : `${path}.${name}`;
  }, '');
}

/** Every error once, in the order found. */
export function distinct(errors: readonly FieldError[]): readonly FieldError[] {
  const seen = new Set<string>();
  return errors.filter(({ path, message }) => {
    const key = `${path}\n${message}`;
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}

/** One line for a condition's message: `path: message; path: message`, cut at `limit` characters with the count of the rest. */
export function summaryOf(errors: readonly FieldError[], limit = 4000): string {
  let text = '';
  for (const [index, { path, message }] of errors.entries()) {
    const part = `${index === 0 ? '' : '; '}${path}: ${message}`;
    if (text.length + part.length > limit) return index === 0 ? part.slice(0, limit) : `${text}; and ${errors.length - index} more`;
    text += part;
  }
  return text;
}

/** zod's issues as errors below `root`, in words that say what to do. */
export function fieldErrors(issues: readonly z.core.$ZodIssue[], root: readonly Segment[]): readonly FieldError[] {
  return issues.flatMap((issue): readonly FieldError[] => {
    const path = [...root, ...issue.path];
    if (issue.code !== 'unrecognized_keys') return [{ path: pathOf(path), message: messageOf(issue) }];
    return issue.keys.map((key) => ({ path: pathOf([...path, key]), message: unknownMessage(path) }));
  });
}

const unknownMessage = (path: readonly PropertyKey[]): string =>
  path.at(-2) === 'steps' ? `is no kind of step; use one of ${stepNames.join(', ')}` : 'is not known; remove it or correct its spelling';

function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `is required (${issue.expected})`
        : `must be of type ${issue.expected}, not ${kindOf(issue.input)}`;
    case 'too_big':
      return `must ${boundOf(issue.origin, 'at most', issue.maximum)}`;
    case 'too_small':
      return `must ${boundOf(issue.origin, 'at least', issue.minimum)}`;
    case 'invalid_value':
      return issue.input === undefined
        ? `is required: one of ${issue.values.map(String).join(', ')}`
        : `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return issue.input === undefined ? 'is required' : unionMessage(issue.errors.flat());
    default:
      return issue.message;
  }
}

/** What the member of the right type complains about; of none, the types. */
function unionMessage(issues: readonly z.core.$ZodIssue[]): string {
  const fitting = issues.find(({ code }) => code !== 'invalid_type');
  if (fitting !== undefined) return messageOf(fitting);
  return `must be of type ${issues.map((issue) => (issue.code === 'invalid_type' ? issue.expected : '')).join(' or ')}`;
}

function boundOf(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return limit === 1 ? 'not be empty' : `have ${bound} ${limit} characters`;
  if (origin === 'array' || origin === 'set' || origin === 'record' || origin === 'object')
    return limit === 1 ? `have ${bound} one entry` : `have ${bound} ${limit} entries`;
  return `be ${bound} ${limit}`;
}

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'list'
      : typeof value === 'number' && !Number.isInteger(value)
        ? 'fractional number'
        : typeof value;

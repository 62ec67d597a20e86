import { formatDuration, parseDuration } from '../../lib/index.ts';
import type { Argument } from './metric.ts';
import type { SecretKeyRef } from './question.ts';

/** What a run made for a Rollout always has; `window` comes on top. A user cannot override them. */
export const predefinedNames = [
  'namespace',
  'rollout',
  'service',
  'canaryService',
  'stableService',
  'canaryWorkload',
  'stableWorkload',
  'revision',
  'weight',
  'step',
] as const;
export type PredefinedName = (typeof predefinedNames)[number];

/** Any values of theirs, for a look at what a metric asks before there is a release that it is asked for. */
export const sampleArgs: Readonly<Record<string, string>> = Object.fromEntries(
  predefinedNames.map((name) => [name, name === 'weight' || name === 'step' ? '1' : 'x']),
);

/** The predefined arguments that stay as they are for the life of a run. */
export type PredefinedArgs = Readonly<Record<Exclude<PredefinedName, 'weight' | 'step'>, string>>;

export type ArgBinding = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'secret'; readonly secret: SecretKeyRef };

/** Every argument that a metric may name, by name. Absent: not given. */
export type Scope = ReadonlyMap<string, ArgBinding>;

export const defaultWindowMs = 60_000;
/** A window is never shortened below this. */
export const minWindowMs = 10_000;

const text = (value: string): ArgBinding => ({ kind: 'text', text: value });

/** Arguments of the spec, then the predefined ones over them. The first of two of one name stands; the schema refuses the second. */
export function scopeOf(args: readonly Argument[], predefined: Readonly<Record<string, string>>): Scope {
  const scope = new Map<string, ArgBinding>();
  for (const { name, value, valueFrom } of args) {
    if (scope.has(name)) continue;
    if (value !== undefined) scope.set(name, text(value));
    else if (valueFrom?.secretKeyRef !== undefined) scope.set(name, { kind: 'secret', secret: valueFrom.secretKeyRef });
  }
  for (const [name, value] of Object.entries(predefined)) scope.set(name, text(value));
  return scope;
}

/** The template's own window: its argument `window`, 1m where it has none. Undefined where that is no duration of at least a second. */
export function ownWindowMs(scope: Scope): number | undefined {
  const bound = scope.get('window');
  if (bound === undefined) return defaultWindowMs;
  const windowMs = bound.kind === 'text' ? parseDuration(bound.text) : undefined;
  return windowMs !== undefined && windowMs >= 1000 ? windowMs : undefined;
}

/** The template's window, shortened to the time since the weight was confirmed, in whole seconds, at least 10 s. */
export const shortenedWindowMs = (ownMs: number, sinceMs: number): number =>
  Math.min(ownMs, Math.max(minWindowMs, Math.floor(sinceMs / 1000) * 1000));

export const withWindow = (scope: Scope, windowMs: number): Scope => new Map(scope).set('window', text(formatDuration(windowMs)));

import type { ApiObject } from '../port.ts';
import { listOf, membersOf, textOf, valueAt } from '../values.ts';
import type { Column } from './kind.ts';

/** How long, as `kubectl get` says it: `45s`, `3m20s`, `5h`, `2d4h`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1_000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return joined(`${minutes}m`, seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return joined(`${hours}h`, minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return joined(`${days}d`, hours % 24, 'h');
  if (days < 365 * 2) return `${days}d`;
  return days < 365 * 8 ? joined(`${Math.floor(days / 365)}y`, days % 365, 'd') : `${Math.floor(days / 365)}y`;
}

const joined = (whole: string, rest: number, unit: string): string => (rest === 0 ? whole : `${whole}${rest}${unit}`);

/** The age of a moment that the API wrote; `<unknown>` where there is none. */
export function ageOf(moment: unknown, nowMs: number): string {
  const atMs = typeof moment === 'string' ? Date.parse(moment) : Number.NaN;
  return Number.isNaN(atMs) ? '<unknown>' : humanDuration(nowMs - atMs);
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  cell: ({ metadata }) => metadata.name,
};
export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  cell: ({ metadata }, nowMs) => ageOf(metadata.creationTimestamp, nowMs),
};

export const column = (name: string, cell: Column['cell'], type: 'string' | 'integer' = 'string'): Column => ({
  name,
  type,
  description: name,
  cell,
});
export const wide = (name: string, cell: Column['cell']): Column => ({ ...column(name, cell), priority: 1 });

/** The number at a path, 0 where there is none. */
export const countAt =
  (...path: readonly string[]) =>
  (object: ApiObject): number => {
    const value = valueAt(object, path);
    return typeof value === 'number' ? value : 0;
  };
/** The text at a path, or what stands for none. */
export const textAt =
  (path: readonly string[], absent = '<none>') =>
  (object: ApiObject): string =>
    textOf(valueAt(object, path)) || absent;

export const pairs = (labels: unknown): string =>
  Object.entries(membersOf(labels))
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',') || '<none>';

/** Names and images of a pod template's containers. */
export const containersOf = (object: ApiObject, member: 'name' | 'image'): string =>
  listOf(valueAt(object, ['spec', 'template', 'spec', 'containers']))
    .map((one) => textOf(membersOf(one)[member]))
    .join(',');

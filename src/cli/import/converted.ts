import { apiVersion } from '../../api/index.ts';

export type Members = Readonly<Record<string, unknown>>;

export interface Remark {
  readonly path: string;
  readonly why: string;
}

/** What became of one object of theirs. */
export interface Converted {
  readonly objects: readonly Members[];
  readonly remarks: readonly Remark[];
}

/** Without the members that are undefined, and without empty lists and objects of them. */
export function whole(members: Members): Members {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}

export const ours = (kind: string, metadata: Members, spec: Members): Members => ({ apiVersion, kind, metadata: whole(metadata), spec });

export const seconds = (value: number | undefined): string | undefined => (value === undefined ? undefined : `${value}s`);

/** Of theirs, which may be a number of seconds. */
export const durationOf = (value: unknown): string | undefined =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value))
    ? `${value}s`
    : typeof value === 'string'
      ? value
      : undefined;

/** What tools write into metadata is theirs, not the user's. */
export const metadataIgnored = new Set(['apiVersion', 'kind', 'status', 'metadata']);

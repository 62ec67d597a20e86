// Going over from client-side to server-side apply, as kubectl does it: what the annotation says was kubectl's own already.
import { canonicalJson, isObject } from '../../../lib/index.ts';
import type { Schema } from '../schema/index.ts';
import { type Members, membersOf, textOf, withMembers } from '../values.ts';
import { difference, type FieldSet, paths, union } from './field-set.ts';
import { compare, fieldsOf } from './typed.ts';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
/** The one manager that may. */
export const kubectl = 'kubectl';

const annotationOf = (object: Members): string => textOf(membersOf(membersOf(object.metadata).annotations)[lastAppliedAnnotation]);

/** Paths of the fields that kubectl applied before, from its own side, and that nobody has changed since. */
export function lastAppliedPaths(live: Members, schema: Schema): ReadonlySet<string> {
  const config = parse(annotationOf(live));
  if (config === undefined || config.apiVersion !== live.apiVersion) return new Set();
  const { added, modified, removed } = compare(config, live, schema);
  const unchanged: FieldSet = difference(fieldsOf(config, schema), union(union(added, modified), removed));
  return new Set(paths(unchanged));
}

/** The object with the annotation brought up to what was applied now, where it has one. */
export function withLastApplied<T extends Members>(object: T, config: Members): T {
  if (annotationOf(object) === '') return object;
  const metadata = membersOf(object.metadata);
  const { [lastAppliedAnnotation]: _, ...annotations } = membersOf(membersOf(config.metadata).annotations);
  const applied = withMembers(config, { metadata: withMembers(membersOf(config.metadata), { annotations }) });
  const said = { ...membersOf(metadata.annotations), [lastAppliedAnnotation]: `${canonicalJson(applied)}\n` };
  return withMembers(object, { metadata: { ...metadata, annotations: said } });
}

function parse(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

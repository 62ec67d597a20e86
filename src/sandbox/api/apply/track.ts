import { fail, ok, type Result } from '../../../lib/index.ts';
import type { Schema } from '../schema/index.ts';
import { listOf, type Members, membersOf, withMembers } from '../values.ts';
import { difference, emptySet, type FieldSet, intersection, isEmpty, paths, recursiveDifference, setOf, union } from './field-set.ts';
import { kubectl, lastAppliedPaths, withLastApplied } from './last-applied.ts';
import {
  fieldsOfManager,
  identityOf,
  isReset,
  type Managed,
  type Manager,
  type Managers,
  readManagers,
  writeManagers,
} from './managers.ts';
import { compare, compareObjects, fieldsOf, merge, remove, withNamedFields } from './typed.ts';

/** One write, seen as ownership of fields. */
export interface Tracking {
  readonly schema: Schema;
  readonly manager: Manager;
  /** RFC 3339, in seconds. */
  readonly time: string;
  /** Fields that the endpoint sets back: nobody owns them through it. */
  readonly reset: readonly (readonly string[])[];
  /** A kind of Kubernetes' own, which Go reads into a type. */
  readonly isTyped: boolean;
}

export interface Conflict {
  readonly manager: Managed;
  readonly field: string;
}

const metaFields = ['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'generation', 'managedFields', 'resourceVersion'];
const never: FieldSet = [['apiVersion'], ['kind'], ['metadata'], ...metaFields.map((field) => ['metadata', field])]
  .map((path) => setOf(path.map((key) => `f:${key}`)))
  .reduce(union);

const resetSets = new WeakMap<Tracking['reset'], FieldSet>();

function resetSet(reset: Tracking['reset']): FieldSet {
  let set = resetSets.get(reset);
  if (set === undefined) {
    set = reset.map((path) => setOf(path.map((key) => `f:${key}`))).reduce(union, emptySet);
    resetSets.set(reset, set);
  }
  return set;
}

const without = (object: Members): Members =>
  withMembers(object, { metadata: withMembers(membersOf(object.metadata), { managedFields: undefined }) });

/** The object after a POST, PUT or PATCH, with its `managedFields` brought up to date. `live` is empty on creation. */
export function trackUpdate<T extends Members>(live: Members, written: T, { schema, manager, time, reset, isTyped }: Tracking): T {
  const given = membersOf(written.metadata).managedFields;
  const isSubresource = manager.subresource !== '';
  const before = membersOf(live.metadata).managedFields;
  if (!isSubresource && isReset(given, isTyped)) return withManagers(written, new Map());
  const start = readManagers(isSubresource || listOf(given).length === 0 ? before : given);
  // Whom nobody keeps track of, stays so until somebody applies.
  if (start.size === 0 && membersOf(live.metadata).uid !== undefined) return withManagers(written, start);
  const changes = compareObjects(live, written, schema);
  const ignored = resetSet(reset);
  const visible = (set: FieldSet) => recursiveDifference(set, ignored);
  const [added, modified, removed] = [visible(changes.added), visible(changes.modified), visible(changes.removed)];
  const taken = union(added, modified);
  const mine = difference(taken, never);
  const identity = identityOf(manager);
  const managers = lose(start, union(taken, removed), isEmpty(mine) ? undefined : identity);
  if (!isEmpty(mine)) {
    // What is taken from the writer and given back is not touched, so that the set stays the same one where it can.
    const left = difference(fieldsOfManager(start, identity), union(difference(taken, mine), removed));
    managers.set(identity, { ...manager, time, fields: union(left, mine) });
  }
  return withManagers(written, managers);
}

/** Takes fields from everyone but the one who is dealt with apart. */
function lose(managers: Managers, gone: FieldSet, but?: string): Map<string, Managed> {
  const left = new Map<string, Managed>();
  for (const [identity, managed] of managers) {
    if (identity === but) continue;
    const fields = difference(managed.fields, gone);
    if (!isEmpty(fields)) left.set(identity, fields === managed.fields ? managed : { ...managed, fields });
  }
  return left;
}

const withManagers = <T extends Members>(object: T, managers: Managers): T => {
  const managedFields = writeManagers(managers);
  return withMembers(object, { metadata: withMembers(membersOf(object.metadata), { managedFields }) });
};

/** Server-side apply: the live object with the configuration laid over it, or the conflicts that forbid it. */
export function trackApply<T extends Members>(
  live: T | undefined,
  config: Members,
  { schema, manager, time, reset }: Tracking,
  force: boolean,
): Result<T, readonly Conflict[]> {
  const current = without(live ?? {});
  const start = live === undefined ? new Map<string, Managed>() : knownManagers(live, { schema, manager, time });
  const identity = identityOf(manager);
  const last = fieldsOfManager(start, identity);
  const ignored = resetSet(reset);
  const wanted = recursiveDifference(fieldsOf(config, schema), ignored);
  const managers = new Map(start).set(identity, { ...manager, time, fields: wanted });
  const merged = merge(current, config, schema) as Members;
  const pruned = membersOf(prune(merged, managers, { last, wanted }, schema));
  const changes = compare(current, pruned, schema);
  const touched = recursiveDifference(union(changes.modified, changes.added), ignored);
  const conflicts = force ? [] : conflictsOf(managers, identity, touched);
  const allowed = conflicts.length > 0 && manager.manager === kubectl ? lastAppliedPaths(current, schema) : undefined;
  const left = conflicts.filter(({ field }) => allowed?.has(field) !== true);
  if (left.length > 0) return fail(left);
  const gone = union(touched, recursiveDifference(changes.removed, ignored));
  const others = lose(managers, gone, identity);
  const isChanged = !isEmpty(changes.added) || !isEmpty(changes.modified) || !isEmpty(changes.removed);
  const mine: Managed = {
    ...manager,
    // Who applies what is there already has done nothing, at no time.
    time: isChanged ? time : start.get(identity)?.time,
    fields: difference(wanted, never),
  };
  const owned = withManagers(pruned as T, new Map(others).set(identity, mine));
  return ok(manager.manager === kubectl ? withLastApplied(owned, config) : owned);
}

/** An object that nobody's fields were kept of belongs to `before-first-apply`, so that its first apply meets a conflict. */
function knownManagers(live: Members, { schema, manager, time }: Pick<Tracking, 'schema' | 'manager' | 'time'>): Managers {
  const known = readManagers(membersOf(live.metadata).managedFields);
  if (known.size > 0) return known;
  const earlier: Manager = { ...manager, manager: 'before-first-apply', operation: 'Update' };
  const fields = difference(compare({}, without(live), schema).added, never);
  return new Map([[identityOf(earlier), { ...earlier, time, fields }]]);
}

function conflictsOf(managers: Managers, identity: string, touched: FieldSet): readonly Conflict[] {
  return [...managers]
    .filter(([other]) => other !== identity)
    .flatMap(([, manager]) => paths(intersection(manager.fields, touched)).map((field) => ({ manager, field })));
}

/** Takes out what the applier applied before and does not any more, unless somebody else owns it too. */
function prune(merged: Members, managers: Managers, { last, wanted }: { last: FieldSet; wanted: FieldSet }, schema: Schema): unknown {
  // What is still applied, is not to be taken out.
  if (isEmpty(last) || isEmpty(difference(last, wanted))) return merged;
  const named = (set: FieldSet) => withNamedFields(set, schema);
  const all = named(fieldsOf(merged, schema));
  const fieldsLeft = (value: unknown) => named(value === null ? emptySet : fieldsOf(value, schema));
  const owned = named([...managers.values()].map(({ fields }) => fields).reduce(union, emptySet));
  const cut = remove(merged, named(last), schema);
  const restored = remove(merged, difference(all, union(fieldsLeft(cut), owned)), schema);
  return remove(merged, intersection(difference(all, fieldsLeft(restored)), named(last)), schema);
}

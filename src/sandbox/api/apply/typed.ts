// How server-side apply sees a value: what is one field, what is a map of fields, what is a list of items with names.
import { isObject, sameJson } from '../../../lib/index.ts';
import { memberSchema, type Schema } from '../schema/index.ts';
import { type Members, membersOf } from '../values.ts';
import { emptySet, type FieldSet, isEmpty, leaf, made, node } from './field-set.ts';

type Atom = 'leaf' | 'map' | 'list';

function atomOf(value: unknown, schema: Schema | undefined): Atom {
  if (Array.isArray(value)) {
    const kind = schema?.['x-kubernetes-list-type'];
    return kind === 'map' || kind === 'set' ? 'list' : 'leaf';
  }
  return isObject(value) && schema?.['x-kubernetes-map-type'] !== 'atomic' ? 'map' : 'leaf';
}

const isDeclared = (schema: Schema | undefined, key: string): boolean =>
  schema?.properties !== undefined && Object.hasOwn(schema.properties, key);

/** The name of an item in a list: by its keys (defaults counted in), or by its value in a set. */
export function itemKey(item: unknown, schema: Schema): string {
  if (schema['x-kubernetes-list-type'] === 'set') return `v:${JSON.stringify(item)}`;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const [only] = keys;
  if (keys.length === 1 && only !== undefined && isObject(item) && typeof item[only] === 'string')
    return `k:{"${only}":${JSON.stringify(item[only])}}`;
  const named = keys.flatMap((key) => {
    const value = isObject(item) ? (item[key] ?? schema.items?.properties?.[key]?.default) : undefined;
    return value === undefined ? [] : [[key, value] as const];
  });
  return `k:${JSON.stringify(Object.fromEntries(named.toSorted(([left], [right]) => (left < right ? -1 : 1))))}`;
}

/** All fields that a configuration speaks of. */
export function fieldsOf(value: unknown, schema: Schema | undefined): FieldSet {
  switch (atomOf(value, schema)) {
    case 'leaf':
      return leaf;
    case 'list': {
      const items = (value as readonly unknown[]).map((item) => {
        const inner = fieldsOf(item, schema?.items);
        return [itemKey(item, schema as Schema), { ...inner, isMember: true }] as const;
      });
      return node(false, items);
    }
    case 'map': {
      const members = Object.entries(value as Record<string, unknown>).map(([key, member]) => {
        const inner = fieldsOf(member, memberSchema(schema, key));
        const isEmptyMember = member === null || (isObject(member) && Object.keys(member).length === 0);
        return [`f:${key}`, isEmptyMember || !isDeclared(schema, key) ? { ...inner, isMember: true } : inner] as const;
      });
      return node(false, members);
    }
  }
}

export interface Comparison {
  readonly added: FieldSet;
  readonly removed: FieldSet;
  readonly modified: FieldSet;
}

const same: Comparison = { added: emptySet, removed: emptySet, modified: emptySet };

/** What of `before` is gone, changed or new in `after`. */
export function compare(before: unknown, after: unknown, schema: Schema | undefined): Comparison {
  if (before === after) return same;
  const atom = atomOf(after ?? before, schema);
  if (atom === 'leaf' || (isHollow(before) && isHollow(after))) return compareLeaf(before, after);
  const below = atom === 'list' ? compareItems(before, after, schema as Schema) : compareMembers(before, after, schema);
  const here: Comparison =
    before !== undefined && after !== undefined
      ? below
      : {
          added: before === undefined ? made(true, below.added.children) : below.added,
          removed: after === undefined ? made(true, below.removed.children) : below.removed,
          modified: below.modified,
        };
  // A map that became a list, or the like. A null takes the form of whatever it is compared with.
  const isOther = before !== undefined && before !== null && after !== undefined && atomOf(before, schema) !== atom;
  return isOther ? { ...here, modified: { ...here.modified, isMember: true } } : here;
}

const isHollow = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);

function compareLeaf(before: unknown, after: unknown): Comparison {
  if (before === undefined) return { ...same, added: leaf };
  if (after === undefined) return { ...same, removed: leaf };
  return sameJson(before, after) ? same : { ...same, modified: leaf };
}

/** Two states of an object: `compare`, without `metadata.managedFields`. */
export function compareObjects(before: Members, after: Members, schema: Schema): Comparison {
  const metadata = compareMembers(membersOf(before.metadata), membersOf(after.metadata), memberSchema(schema, 'metadata'), 'managedFields');
  return compareMembers(before, after, schema, 'metadata', metadata);
}

/** `but`: a member that is not looked at, or of which is known how it compares. */
function compareMembers(before: unknown, after: unknown, schema: Schema | undefined, but?: string, known = same): Comparison {
  const [left, right] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  const found = new Gathering();
  for (const key of Object.keys(left))
    if (left[key] !== right[key] && key !== but) found.add(`f:${key}`, compare(left[key], right[key], memberSchema(schema, key)));
  for (const key of Object.keys(right))
    if (left[key] === undefined && right[key] !== undefined && key !== but && !Object.hasOwn(left, key))
      found.add(`f:${key}`, compare(undefined, right[key], memberSchema(schema, key)));
  if (but !== undefined && known !== same) found.add(`f:${but}`, known);
  return found.comparison();
}

function compareItems(before: unknown, after: unknown, schema: Schema): Comparison {
  const index = (list: unknown) => new Map((Array.isArray(list) ? list : []).map((item) => [itemKey(item, schema), item]));
  const [left, right] = [index(before), index(after)];
  const found = new Gathering();
  for (const [key, item] of left) found.add(key, compare(item, right.get(key), schema.items));
  for (const [key, item] of right) if (!left.has(key)) found.add(key, compare(undefined, item, schema.items));
  return found.comparison();
}

const nobody: ReadonlyMap<string, FieldSet> = new Map();

/** The comparisons of the members of one value, put together. Most of them have nothing to say. */
class Gathering {
  #added: Map<string, FieldSet> | undefined;
  #removed: Map<string, FieldSet> | undefined;
  #modified: Map<string, FieldSet> | undefined;

  add(key: string, { added, removed, modified }: Comparison): void {
    if (!isEmpty(added)) {
      this.#added ??= new Map();
      this.#added.set(key, added);
    }
    if (!isEmpty(removed)) {
      this.#removed ??= new Map();
      this.#removed.set(key, removed);
    }
    if (!isEmpty(modified)) {
      this.#modified ??= new Map();
      this.#modified.set(key, modified);
    }
  }

  comparison(): Comparison {
    if (this.#added === undefined && this.#removed === undefined && this.#modified === undefined) return same;
    return {
      added: made(false, this.#added ?? nobody),
      removed: made(false, this.#removed ?? nobody),
      modified: made(false, this.#modified ?? nobody),
    };
  }
}

/** The live value with a configuration laid over it. */
export function merge(live: unknown, config: unknown, schema: Schema | undefined): unknown {
  if (live === undefined) return config;
  const atom = atomOf(config ?? live, schema);
  // A null takes the form of what is there, and as a map or list it has nothing to say.
  if (config === null) return atom === 'leaf' || isHollow(live) ? null : live;
  if (atom === 'map' && isObject(live) && isObject(config)) {
    let result: Record<string, unknown> | undefined;
    for (const key of Object.keys(config)) {
      const member = merge(live[key], config[key], memberSchema(schema, key));
      if (member === live[key] && member !== undefined) continue;
      result ??= { ...live };
      result[key] = member;
    }
    return result ?? live;
  }
  if (atom === 'list' && Array.isArray(live) && Array.isArray(config)) return mergeItems(live, config, schema as Schema);
  return config;
}

/** Both lists walked at once: what only the live one has, stays where it is; what both have, keeps the order of the configuration. */
function mergeItems(live: readonly unknown[], config: readonly unknown[], schema: Schema): unknown {
  const named = (list: readonly unknown[]) => list.map((item) => [itemKey(item, schema), item] as const);
  const [left, right] = [named(live), named(config)];
  const [known, wanted] = [new Map(left), new Map(right)];
  const shared = right.map(([key]) => key).filter((key) => known.has(key));
  const result: unknown[] = [];
  let [from, to, next] = [0, 0, 0];
  while (from < left.length || to < right.length) {
    const [mine] = left[from] ?? [];
    const [theirs, item] = right[to] ?? [];
    if (mine !== undefined && mine !== theirs && !wanted.has(mine)) {
      result.push(left[from]?.[1]);
      from++;
    } else if (mine !== undefined && mine !== theirs && mine !== shared[next]) {
      // It comes where the configuration has it.
      from++;
    } else if (theirs !== undefined) {
      result.push(merge(known.get(theirs), item, schema.items));
      to++;
      if (mine === theirs) from++;
      if (theirs === shared[next]) next++;
    }
  }
  return result;
}

/** The value without these fields. A map or list that loses its last one is null, which still says that it was there. */
export function remove(value: unknown, gone: FieldSet, schema: Schema | undefined): unknown {
  if (isEmpty(gone)) return value;
  switch (atomOf(value, schema)) {
    case 'leaf':
      return null;
    case 'list': {
      const items = (value as readonly unknown[]).flatMap((item) => {
        const inner = gone.children.get(itemKey(item, schema as Schema));
        if (inner === undefined) return [item];
        return inner.isMember ? [] : [remove(item, inner, schema?.items)];
      });
      return items.length === 0 ? null : items;
    }
    case 'map': {
      const members = Object.entries(value as Record<string, unknown>).flatMap(([key, member]) => {
        const inner = gone.children.get(`f:${key}`);
        if (inner === undefined) return [[key, member] as const];
        return inner.isMember ? [] : [[key, remove(member, inner, memberSchema(schema, key))] as const];
      });
      return members.length === 0 ? null : Object.fromEntries(members);
    }
  }
}

/** The set with every declared field on the way to a member made a member too. */
export function withNamedFields(set: FieldSet, schema: Schema | undefined): FieldSet {
  const children = [...set.children].map(([key, child]) => {
    const name = key.startsWith('f:') ? key.slice(2) : undefined;
    const inner = withNamedFields(child, name === undefined ? schema?.items : memberSchema(schema, name));
    return [key, name !== undefined && isDeclared(schema, name) && child.children.size > 0 ? { ...inner, isMember: true } : inner] as const;
  });
  return node(set.isMember, children);
}

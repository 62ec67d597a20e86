import { isObject } from '../../../lib/index.ts';
import { byText, membersOf, textOf } from '../values.ts';
import { emptySet, type FieldSet, isEmpty, readFields, writeFields } from './field-set.ts';

/** Who wrote fields, and how: one entry of `metadata.managedFields`. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}

export interface Managed extends Manager {
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** By identity: an applier is the same in every version, an updater is another one in each. */
export type Managers = ReadonlyMap<string, Managed>;

export const identityOf = ({ manager, operation, apiVersion, subresource }: Manager): string =>
  `${manager}\n${operation}\n${operation === 'Apply' ? '' : apiVersion}\n${subresource}`;

const known = new WeakMap<object, Managers>();

/** A list of entries carries what it was written from. Nobody sees it: it is no index and does not enumerate. */
const source = Symbol('managers');

/** Entries are frozen: what was read of them once, holds. */
export function readManagers(entries: unknown): Managers {
  if (!Array.isArray(entries)) return new Map();
  let managers = (entries as { readonly [source]?: Managers })[source] ?? known.get(entries);
  if (managers === undefined) {
    managers = parseManagers(entries);
    if (Object.isFrozen(entries)) known.set(entries, managers);
  }
  return managers;
}

function parseManagers(entries: readonly unknown[]): Managers {
  const read = entries.map((entry) => {
    const { manager, operation, apiVersion, subresource, time, fieldsV1 } = membersOf(entry);
    const managed: Managed = {
      manager: textOf(manager),
      operation: operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: textOf(apiVersion),
      subresource: textOf(subresource),
      time: typeof time === 'string' ? time : undefined,
      fields: readFields(fieldsV1),
    };
    return [identityOf(managed), managed] as const;
  });
  return new Map(read);
}

/** Undefined where nobody manages anything. What they were written as, need not be read again. */
export function writeManagers(managers: Managers): readonly unknown[] | undefined {
  const left = [...managers].filter(([, { fields }]) => !isEmpty(fields));
  if (left.length === 0) return undefined;
  if (left.length > 1) left.sort(([, one], [, other]) => byOrder(one, other));
  const written = left.map(([, managed]) => entryOf(managed));
  Object.defineProperty(written, source, { value: new Map(left) });
  return written;
}

const entries = new WeakMap<Managed, unknown>();

/** The same manager gives the same entry, by identity. */
function entryOf(managed: Managed): unknown {
  let entry = entries.get(managed);
  if (entry === undefined) {
    const { manager, operation, apiVersion, subresource, time, fields } = managed;
    const written: Record<string, unknown> = { manager, operation, apiVersion };
    if (time !== undefined) written.time = time;
    written.fieldsType = 'FieldsV1';
    written.fieldsV1 = writeFields(fields);
    if (subresource !== '') written.subresource = subresource;
    entry = Object.freeze(written);
    entries.set(managed, entry);
  }
  return entry;
}

function byOrder(left: Managed, right: Managed): number {
  return (
    byText(left.operation, right.operation) ||
    byText(left.time ?? '', right.time ?? '') ||
    byText(left.manager, right.manager) ||
    byText(left.apiVersion, right.apiVersion) ||
    byText(left.subresource, right.subresource)
  );
}

export const fieldsOfManager = (managers: Managers, identity: string): FieldSet => managers.get(identity)?.fields ?? emptySet;

/** The client asks to forget all managers: by one empty entry or, of the kinds that Go has types for, by an empty list. */
export const isReset = (entries: unknown, isTyped: boolean): boolean => {
  if (!Array.isArray(entries)) return false;
  if (entries.length === 0) return isTyped;
  return entries.length === 1 && isObject(entries[0]) && Object.keys(entries[0]).length === 0;
};

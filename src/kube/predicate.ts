import { sameJson } from '../lib/json.ts';
import type { Change } from './store.ts';

/** Whether a change is worth a reconcile. */
export type Predicate<T> = (change: Change<T>) => boolean;

/** Updates that moved `metadata.generation`, so no mere status writes; every arrival and every deletion. */
export const generationChanged = <T>(generationOf: (value: T) => number | undefined): Predicate<T> => changedBy(generationOf);

/** Updates after which `select` gives another JSON value; every arrival and every deletion. */
export function changedBy<T>(select: (value: T) => unknown): Predicate<T> {
  return (change) => change.type !== 'updated' || !sameJson(select(change.before), select(change.after));
}

/** True where the value, or for a deletion its last state, satisfies `test`. */
export function valueMatches<T>(test: (value: T) => boolean): Predicate<T> {
  return (change) => (change.type === 'deleted' ? test(change.before) : test(change.after));
}

export function ofType<T>(...types: readonly Change<T>['type'][]): Predicate<T> {
  return (change) => types.includes(change.type);
}

export function anyOf<T>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (change) => predicates.some((predicate) => predicate(change));
}

export function allOf<T>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (change) => predicates.every((predicate) => predicate(change));
}

export function not<T>(predicate: Predicate<T>): Predicate<T> {
  return (change) => !predicate(change);
}

import { findingIn } from '../findings.ts';
import { group as ours, type Rule } from './rule.ts';

/** Of other kinds each file may have its own: overlays, and the versions of an example. */
export const duplicates: Rule = ({ objects }) => {
  const first = new Map<string, string>();
  return objects.flatMap((object) => {
    const { group, kind, namespace = '', name, file } = object;
    if (name === '') return [];
    const id = JSON.stringify([group, kind, namespace, name, group === ours ? '' : file]);
    const before = first.get(id);
    if (before !== undefined) return [findingIn(object, 'metadata.name', 'DuplicateObject', `${kind} ${name} is in ${before} already`)];
    first.set(id, object.where);
    return [];
  });
};

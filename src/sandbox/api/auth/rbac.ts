import type { User } from '../call.ts';
import type { ApiObject } from '../port.ts';
import { listOf, type Members, membersOf, textOf } from '../values.ts';

/** What somebody wants to do with a resource. */
export interface Attempt {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** The roles and bindings that are stored. */
export interface Grants {
  list(table: string, prefix?: string): readonly ApiObject[];
  get(table: string, key: string): ApiObject | undefined;
}

const table = (plural: string) => `rbac.authorization.k8s.io/${plural}`;

/** Whether a role that is bound to the user allows the attempt. */
export const allows = (grants: Grants, user: User, attempt: Attempt): boolean =>
  rulesOf(grants, user, attempt.namespace).some((rule) => covers(rule, attempt));

/** The rules that hold for a user in a namespace (undefined: for the whole cluster only). */
export function rulesOf(grants: Grants, user: User, namespace: string | undefined): readonly Members[] {
  // Whoever sets the server up must be able to begin.
  if (user.groups.includes('system:masters')) return [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'], nonResourceURLs: ['*'] }];
  const cluster = grants.list(table('clusterrolebindings'));
  const local = namespace === undefined ? [] : grants.list(table('rolebindings'), `${namespace}/`);
  return [...cluster, ...local].filter((binding) => isBound(binding, user)).flatMap((binding) => roleRules(grants, binding));
}

function isBound({ subjects, metadata }: ApiObject, user: User): boolean {
  return listOf(subjects)
    .map(membersOf)
    .some(({ kind, name, namespace }) => {
      if (kind === 'User') return name === user.username;
      if (kind === 'Group') return user.groups.includes(textOf(name));
      return user.username === `system:serviceaccount:${textOf(namespace) || (metadata.namespace ?? '')}:${textOf(name)}`;
    });
}

function roleRules(grants: Grants, { roleRef, metadata }: ApiObject): readonly Members[] {
  const { kind, name } = membersOf(roleRef);
  const role =
    kind === 'ClusterRole'
      ? grants.get(table('clusterroles'), textOf(name))
      : grants.get(table('roles'), `${metadata.namespace ?? ''}/${textOf(name)}`);
  return listOf(role?.rules).map(membersOf);
}

function covers(rule: Members, { verb, group, resource, subresource, name }: Attempt): boolean {
  const has = (list: unknown, value: string) => listOf(list).some((one) => one === '*' || one === value);
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const names = listOf(rule.resourceNames);
  const isResource = has(rule.resources, full) || (subresource !== undefined && listOf(rule.resources).includes(`*/${subresource}`));
  return (
    has(rule.verbs, verb) &&
    has(rule.apiGroups, group) &&
    isResource &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

import { type Attempt, allows, type Grants } from './auth/index.ts';
import type { User } from './call.ts';
import type { ResourcePath } from './path.ts';
import type { ApiRequest } from './port.ts';
import { qualified, type Refusal } from './status.ts';

/** What a request attempts, in the words of RBAC. */
export function attemptOf(request: ApiRequest, { group, plural, namespace, name, subresource }: ResourcePath, isWatch: boolean): Attempt {
  const verb = verbOf(request.method, name !== undefined, isWatch);
  // A namespace is in itself: whoever may read namespaces there may read it.
  const inside = group === '' && plural === 'namespaces' ? name : namespace;
  return { verb, group, resource: plural, subresource, namespace: inside, name };
}

function verbOf(method: ApiRequest['method'], isNamed: boolean, isWatch: boolean): string {
  switch (method) {
    case 'GET':
      return isWatch ? 'watch' : isNamed ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection';
  }
}

/** 403 where no role allows the attempt. */
export function forbids(grants: Grants, user: User, attempt: Attempt): Refusal | undefined {
  if (allows(grants, user, attempt)) return undefined;
  const { verb, group, resource, subresource, namespace, name } = attempt;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const place = namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const what = `User ${JSON.stringify(user.username)} cannot ${verb} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)} ${place}`;
  const subject = qualified({ group, name: resource });
  return {
    code: 403,
    reason: 'Forbidden',
    message: `${subject}${name === undefined ? '' : ` ${JSON.stringify(name)}`} is forbidden: ${what}`,
    details: { ...(name === undefined ? {} : { name }), ...(group === '' ? {} : { group }), kind: resource },
  };
}

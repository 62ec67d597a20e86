import { isObject } from '../../../lib/index.ts';
import { timestamp, type User } from '../call.ts';
import { bodyOf } from '../decode.ts';
import { required } from '../field-error.ts';
import type { ApiRequest } from '../port.ts';
import { badRequest, invalidObject, refuse } from '../status.ts';
import { listOf, type Members, membersOf, textOf } from '../values.ts';
import type { Attempt } from './rbac.ts';
import type { Tokens } from './tokens.ts';

export interface Reviewer {
  readonly tokens: Tokens;
  readonly nowMs: number;
  allows(user: User, attempt: Attempt): boolean;
  rulesOf(user: User, namespace: string | undefined): readonly Members[];
}

/** Questions that are posted and answered, never stored. Undefined where the path asks none. */
export function review(reviewer: Reviewer, request: ApiRequest, user: User): Members | undefined {
  const found = /^\/apis\/(authentication|authorization)\.k8s\.io\/v1\/(?:namespaces\/([^/]+)\/)?([a-z]+)$/.exec(request.path);
  if (found === null || request.method !== 'POST') return undefined;
  const [, , , plural = ''] = found;
  const answers: Readonly<Record<string, (spec: Members) => Members>> = {
    tokenreviews: (spec) => reviewToken(reviewer, spec),
    selfsubjectreviews: () => ({ userInfo: userInfo(user) }),
    subjectaccessreviews: (spec) => reviewAccess(reviewer, subjectOf(spec), spec),
    localsubjectaccessreviews: (spec) => reviewAccess(reviewer, subjectOf(spec), spec),
    selfsubjectaccessreviews: (spec) => reviewAccess(reviewer, user, spec),
    selfsubjectrulesreviews: (spec) => reviewRules(reviewer, user, spec),
  };
  const ask = answers[plural];
  if (ask === undefined) return undefined;
  const body = bodyOf(request);
  if (!isObject(body)) return refuse(badRequest('the body is no review'));
  const metadata = { ...membersOf(body.metadata), creationTimestamp: timestamp(reviewer.nowMs) };
  return { ...body, metadata, status: ask(membersOf(body.spec)) };
}

const userInfo = ({ username, uid, groups }: User): Members => ({ username, ...(uid === undefined ? {} : { uid }), groups });

function reviewToken({ tokens, nowMs }: Reviewer, spec: Members): Members {
  const token = textOf(spec.token);
  if (token === '') refuse(invalidObject({ group: 'authentication.k8s.io', name: 'TokenReview' }, '', [required('spec.token')]));
  const user = tokens.whose(token, nowMs);
  if (user === undefined) return { user: {}, error: '[invalid bearer token, token lookup failed]' };
  const audiences = listOf(spec.audiences);
  const everybody = user.groups.includes('system:authenticated') ? user.groups : [...user.groups, 'system:authenticated'];
  return {
    authenticated: true,
    user: userInfo({ ...user, groups: everybody }),
    audiences: audiences.length === 0 ? ['https://kubernetes.default.svc'] : audiences,
  };
}

function subjectOf(spec: Members): User {
  if (textOf(spec.user) === '' && listOf(spec.groups).length === 0)
    refuse(
      invalidObject({ group: 'authorization.k8s.io', name: 'SubjectAccessReview' }, '', [
        { type: 'Invalid', field: 'spec.user', value: '', detail: 'at least one of user or group must be specified' },
      ]),
    );
  return { username: textOf(spec.user), groups: listOf(spec.groups).map(String) };
}

function reviewAccess(reviewer: Reviewer, user: User, spec: Members): Members {
  const attributes = membersOf(spec.resourceAttributes);
  if (spec.resourceAttributes === undefined && spec.nonResourceAttributes === undefined)
    refuse(
      invalidObject({ group: 'authorization.k8s.io', name: 'SubjectAccessReview' }, '', [
        {
          type: 'Invalid',
          field: 'spec.resourceAttributes',
          value: null,
          detail: 'exactly one of nonResourceAttributes or resourceAttributes must be specified',
        },
      ]),
    );
  const given = (key: string) => textOf(attributes[key]) || undefined;
  const allowed = reviewer.allows(user, {
    verb: textOf(attributes.verb),
    group: textOf(attributes.group),
    resource: textOf(attributes.resource),
    subresource: given('subresource'),
    namespace: given('namespace'),
    name: given('name'),
  });
  return allowed ? { allowed, reason: 'RBAC: allowed' } : { allowed };
}

function reviewRules(reviewer: Reviewer, user: User, spec: Members): Members {
  const rules = reviewer.rulesOf(user, textOf(spec.namespace) || undefined);
  return {
    resourceRules: rules.filter((rule) => rule.resources !== undefined),
    nonResourceRules: rules.filter((rule) => rule.nonResourceURLs !== undefined),
    incomplete: false,
  };
}

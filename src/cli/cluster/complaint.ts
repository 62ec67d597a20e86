import type { KubeFailure } from '../../kube/index.ts';

/** Where a request went, for whoever has to find out why it failed. */
export interface Place {
  readonly server: string;
  readonly context: string;
}

/** A failed request in a sentence that says what to do. `doing`: what was asked for, `get rollout web`. */
export function complaint(failure: KubeFailure, doing: string, { server, context }: Place): string {
  const where = `${server}${context === '' ? '' : ` (context ${context})`}`;
  switch (failure.kind) {
    case 'network':
    case 'timeout':
      return `cannot reach the API server at ${where}: ${failure.message}`;
    case 'unavailable':
    case 'tooManyRequests':
      return `the API server at ${where} cannot answer now: ${failure.message}`;
    case 'unauthorized':
      return `the API server at ${where} does not know you: log in again, or choose another --context (${failure.message})`;
    case 'forbidden':
      return `cannot ${doing}: ${forbiddenText(failure.message)}`;
    case 'notFound':
      return isKindMissing(failure)
        ? `${where} does not serve Rollouts: the definitions are not installed there (sluice render crds | kubectl apply --server-side -f -)`
        : `cannot ${doing}: ${failure.message}`;
    case 'unknownOutcome':
      return `cannot tell whether it was done, the answer was lost: ${failure.message}`;
    default:
      return `cannot ${doing}: ${failure.message}`;
  }
}

/** Not the object is missing, but its kind: the server has no such path. */
export const isKindMissing = ({ kind, details }: KubeFailure): boolean =>
  kind === 'notFound' && (details === undefined || typeof details.name !== 'string');

/** Who may not do what, out of the API server's own two ways to say it. */
function forbiddenText(message: string): string {
  const byPolicy = /ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request: (.*)$/s.exec(message)?.[1];
  if (byPolicy !== undefined) return `${byPolicy} (roles for people: sluice render rbac)`;
  const byRules = /User "([^"]*)" cannot (\w+) resource "([^"]*)" in API group "([^"]*)"(.*)$/s.exec(message);
  if (byRules === null) return message;
  const [, user, verb, resource, group, rest = ''] = byRules;
  const what = group === '' ? resource : `${resource}.${group}`;
  const place = /in the namespace "([^"]*)"/.exec(rest)?.[1];
  const scope = place === undefined ? 'in the whole cluster' : `in namespace ${place}`;
  return `${user} may not ${verb} ${what} ${scope} (roles for people: sluice render rbac)`;
}

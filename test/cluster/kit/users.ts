// Who is who for the API server, and how each reaches it.
import { USERS, type User } from './layout.ts';

export const ofUsers = (of: (user: User) => string): Record<User, string> =>
  Object.fromEntries(USERS.map((user) => [user, of(user)])) as Record<User, string>;

/** The controller's user looks like a service account, so that API priority and fairness treat it as one. */
export const userName = (user: User): string => (user === 'sluice' ? 'system:serviceaccount:sluice-system:sluice' : user);

export function groupsOf(user: User): readonly string[] {
  if (user === 'sluice') return ['system:serviceaccounts', 'system:serviceaccounts:sluice-system'];
  return [user === 'alice' || user === 'bob' ? 'people' : 'system:masters'];
}

export interface Access {
  readonly server: string;
  /** Empty: plain HTTP. */
  readonly caFile: string;
  readonly token: string;
  readonly namespace?: string;
}

/** A kubeconfig for one token; the context's namespace is where a controller outside the cluster would keep its lease. */
export function kubeconfig({ server, caFile, token, namespace = 'default' }: Access): string {
  return `${JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bed',
    clusters: [{ name: 'bed', cluster: { server, ...(caFile === '' ? {} : { 'certificate-authority': caFile }) } }],
    users: [{ name: 'bed', user: { token } }],
    contexts: [{ name: 'bed', context: { cluster: 'bed', user: 'bed', namespace } }],
  })}\n`;
}

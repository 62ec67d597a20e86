import type { Random } from '../../../lib/index.ts';
import type { User } from '../call.ts';
import type { ApiRequest } from '../port.ts';

interface Grant {
  readonly user: User;
  readonly expiresMs: number | undefined;
}

/** Bearer tokens and whose they are. Nobody needs one where the server lets everybody in as `everyone`. */
export class Tokens {
  readonly #grants = new Map<string, Grant>();
  readonly #everyone: User | undefined;

  constructor(known: Readonly<Record<string, User>>, everyone: User | undefined) {
    for (const [token, user] of Object.entries(known)) this.#grants.set(token, { user, expiresMs: undefined });
    this.#everyone = everyone;
  }

  grant(token: string, user: User, expiresMs?: number): void {
    this.#grants.set(token, { user, expiresMs });
  }

  revoke(token: string): void {
    this.#grants.delete(token);
  }

  /** Undefined: the server knows nobody by this token, any more. */
  whose(token: string, nowMs: number): User | undefined {
    const grant = this.#grants.get(token);
    return grant === undefined || (grant.expiresMs !== undefined && grant.expiresMs <= nowMs) ? undefined : grant.user;
  }

  /** Who asks; undefined is a 401. */
  authenticate({ headers }: ApiRequest, nowMs: number): User | undefined {
    if (headers?.authorization === undefined) return this.#everyone;
    const [scheme, token] = headers.authorization.split(' ');
    if (token === undefined || token === '') return this.#everyone;
    return scheme?.toLowerCase() === 'bearer' ? withEverybody(this.whose(token, nowMs)) : undefined;
  }

  /** A token for a ServiceAccount, as `kubectl create token` asks for it. */
  issue(user: User, expiresMs: number, random: Random): string {
    const token = Array.from({ length: 4 }, () => Math.floor(random.next() * 2 ** 32).toString(36)).join('');
    this.grant(token, user, expiresMs);
    return token;
  }
}

const withEverybody = (user: User | undefined): User | undefined =>
  user === undefined || user.groups.includes('system:authenticated') ? user : { ...user, groups: [...user.groups, 'system:authenticated'] };

export const serviceAccountUser = (namespace: string, name: string, uid: string): User => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  uid,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});

import type { World } from '../core/world.ts';
import type { KubeFailure } from '../kube/index.ts';

export type Obstacle = NonNullable<World['obstacle']>;

/** Answers that waiting does not mend; people must hear of them in status. */
const reasons: Partial<Record<KubeFailure['kind'], Obstacle['reason']>> = {
  forbidden: 'Forbidden',
  invalid: 'WriteRefused',
  badRequest: 'WriteRefused',
  alreadyExists: 'WriteRefused',
  tooLarge: 'WriteRefused',
};

/** How the authorizer words it. The other answers with 403 are of a quota or of admission: no role mends those. */
const isOfPermissions = (words: string): boolean => / cannot \w+ /.test(words);

/** What to say of a write that failed; undefined where it is worth another try and nothing else. */
export function obstacleOf({ kind, message: words }: KubeFailure): Obstacle | undefined {
  const reason = reasons[kind];
  const message = words.slice(0, 1000);
  if (reason === undefined) return undefined;
  if (reason !== 'Forbidden') return { reason, message };
  if (!isOfPermissions(words)) return { reason: 'WriteRefused', message };
  return { reason, message: `${message}; apply the output of: sluice render rbac` };
}

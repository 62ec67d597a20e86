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

/**
 * What the API server refused us at the last attempt, by Rollout: of its own writes, and of the verdicts of its runs, which it waits for in vain
 * until they can be recorded.
 */
export class Obstacles {
  readonly #own = new Map<string, Obstacle & { readonly isOfStatus: boolean }>();
  readonly #ofRuns = new Map<string, { readonly rollout: string; readonly obstacle: Obstacle }>();
  readonly #onChange: (rollout: string) => void;

  /** `onChange`: of a run; a Rollout hears of its own writes by itself. */
  constructor(onChange: (rollout: string) => void) {
    this.#onChange = onChange;
  }

  of(rollout: string): Obstacle | undefined {
    return this.#own.get(rollout) ?? [...this.#ofRuns.values()].find((entry) => entry.rollout === rollout)?.obstacle;
  }

  /** `isOfStatus`: the status itself was refused, and another one that tells of the obstacle may well be taken. */
  met(rollout: string, obstacle: Obstacle, isOfStatus = false): void {
    this.#own.set(rollout, { ...obstacle, isOfStatus });
  }

  /** A pass that knew of it went through: `gone`, or the status without it is still to be tried, after the back-off. */
  passed(rollout: string): 'none' | 'gone' | 'untried' {
    const before = this.#own.get(rollout);
    this.#own.delete(rollout);
    if (before === undefined) return 'none';
    return before.isOfStatus ? 'untried' : 'gone';
  }

  metByRun(run: string, rollout: string, obstacle: Obstacle): void {
    const before = this.#ofRuns.get(run)?.obstacle;
    this.#ofRuns.set(run, { rollout, obstacle });
    if (before?.message !== obstacle.message) this.#onChange(rollout);
  }

  /** Recorded, or gone. */
  passedByRun(run: string): void {
    const before = this.#ofRuns.get(run);
    if (before === undefined) return;
    this.#ofRuns.delete(run);
    this.#onChange(before.rollout);
  }
}

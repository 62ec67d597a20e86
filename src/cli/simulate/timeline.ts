import type { RolloutSpec } from '../../core/rollout.ts';
import { stepsOf } from '../../core/rollout.ts';

/** A stretch of a rollout in which one weight holds. */
export interface Stretch {
  readonly weight: number;
  /** Index of the step that sets it; undefined: what comes after the last step. */
  readonly step: number | undefined;
  /** What its pauses take together, or the bake. */
  readonly pausesMs: number;
  /** Indices of the analysis steps within it. */
  readonly analyses: readonly number[];
}

/** The weights of a release, one after the other, as far as they are above 0. The last one is 100. */
export function stretchesOf({ strategy: { canary } }: RolloutSpec): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let [weight, step, pausesMs]: [number, number | undefined, number] = [0, undefined, 0];
  let analyses: number[] = [];
  const close = () => {
    if (weight > 0) stretches.push({ weight, step, pausesMs, analyses });
    [pausesMs, analyses] = [0, []];
  };
  for (const [index, each] of stepsOf(canary).entries()) {
    if (each.kind === 'setWeight' && each.config !== weight) {
      close();
      [weight, step] = [each.config, index];
    } else if (each.kind === 'pause') pausesMs += each.config.duration ?? 0;
    else if (each.kind === 'analysis') analyses.push(index);
  }
  const bakeMs = canary.afterPromotion?.duration ?? 0;
  if (weight === 100) {
    pausesMs += bakeMs;
    close();
    return stretches;
  }
  close();
  return [...stretches, { weight: 100, step: undefined, pausesMs: bakeMs, analyses: [] }];
}

export const pausesMsOf = (stretches: readonly Stretch[]): number => stretches.reduce((sum, { pausesMs }) => sum + pausesMs, 0);

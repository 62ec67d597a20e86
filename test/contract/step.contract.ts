import { describe, expect, it } from 'vitest';
import type { Step, StepContext } from '../../src/core/steps/index.ts';
import { decideStep, scaleAt, stepSchema, weightAt } from '../../src/core/steps/index.ts';
import { sameJson } from '../../src/lib/index.ts';

export interface StepFixture {
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
  /** A context in which the first good one is done. */
  readonly done: Partial<StepContext>;
}

export const stepContext = (over: Partial<StepContext> = {}): StepContext => ({
  nowMs: 1_000_000,
  startedAtMs: 1_000_000,
  index: 0,
  weight: { desired: 0, isConfirmed: true },
  canaryPods: { wanted: 2, ready: 1 },
  run: undefined,
  isResumed: false,
  gate: undefined,
  ...over,
});

/** What every step kind keeps to. */
export function stepContract(name: Step['kind'], { good, bad, done }: StepFixture): void {
  const parsed = good.map((config) => stepSchema.parse({ [name]: config }));
  describe(`step ${name}`, () => {
    it('is read by its key alone', () => {
      for (const step of parsed) expect(step.kind).toBe(name);
      expect(stepSchema.safeParse({ [name]: good[0], pauses: {} }).success).toBe(false);
    });
    it.each(bad.map((config) => [JSON.stringify(config), config]))('refuses %s', (_, config) =>
      expect(stepSchema.safeParse({ [name]: config }).success).toBe(false),
    );
    it('decides alike for the same facts, and changes neither them nor itself', () => {
      for (const step of parsed) {
        const frozen = Object.freeze(structuredClone(step));
        const context = Object.freeze(stepContext());
        expect(sameJson(decideStep(frozen, context), decideStep(frozen, context))).toBe(true);
      }
    });
    it('ends', () => expect(decideStep(parsed[0] as Step, stepContext(done))).toEqual({ kind: 'done' }));
    it('says a weight from 0 to 100 and a scale, whatever comes before', () => {
      for (const step of parsed) {
        expect(weightAt([step], 0)).toBeGreaterThanOrEqual(0);
        expect(weightAt([step], 0)).toBeLessThanOrEqual(100);
        expect(scaleAt([step], 0).kind).toMatch(/traffic|replicas|weight/);
      }
    });
  });
}

import { z } from 'zod';
import { isObject } from '../../lib/index.ts';
import { exactlyOneOf } from '../schema.ts';
import * as registry from './registry.ts';
import type { CanaryScale, StepContext, StepKind, StepOutcome } from './step.ts';

export type { ArgValue, CanaryScale, RunFacts, StepContext, StepOutcome, TemplateRef } from './step.ts';

export type StepName = keyof typeof registry;

type ConfigOf<Name extends StepName> = (typeof registry)[Name] extends StepKind<infer Config> ? Config : never;

/** One step, decoded: `{ kind: 'setWeight', config: 10 }`. */
export type Step = { [Name in StepName]: { readonly kind: Name; readonly config: ConfigOf<Name> } }[StepName];

export const stepNames = Object.keys(registry) as StepName[];

const kindOf = (step: Step): StepKind<unknown> => registry[step.kind] as StepKind<unknown>;

/** `{ setWeight: 10 }`: an object with exactly one of the registry's keys. */
const wireStep = exactlyOneOf(
  z.strictObject(Object.fromEntries(stepNames.map((name) => [name, (registry[name] as StepKind<unknown>).schema.optional()]))),
  stepNames,
  'a step',
);

export const stepSchema = wireStep.transform((wire): Step => {
  const kind = stepNames.find((name) => wire[name] !== undefined) ?? 'pause';
  return { kind, config: wire[kind] } as Step;
});

export const decideStep = (step: Step, context: StepContext): StepOutcome => kindOf(step).decide(step.config, context);

/** What a step does, in a few words. */
export function stepText(step: Step): string {
  const text = kindOf(step).text?.(step.config);
  const named: unknown = step.config;
  return text ?? (isObject(named) && typeof named.name === 'string' ? named.name : '');
}

/** The weight that holds while `steps[index]` is the current one: the last one set at or before it, else 0. */
export function weightAt(steps: readonly Step[], index: number): number {
  const weights = steps.slice(0, index + 1).map((step) => kindOf(step).weight?.(step.config));
  return weights.findLast((weight) => weight !== undefined) ?? 0;
}

/** The scale rule that holds while `steps[index]` is the current one. */
export function scaleAt(steps: readonly Step[], index: number): CanaryScale {
  const scales = steps.slice(0, index + 1).map((step) => kindOf(step).scale?.(step.config));
  return scales.findLast((scale) => scale !== undefined) ?? { kind: 'traffic' };
}

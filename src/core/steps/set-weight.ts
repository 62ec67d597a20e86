import { percent } from '../schema.ts';
import { defineStep } from './step.ts';

export const setWeight = defineStep<number>({
  schema: percent(),
  weight: (weight) => weight,
  text: (weight) => `${weight} % of the traffic`,
  decide: (weight, context) =>
    context.weight.desired === weight && context.weight.isConfirmed ? { kind: 'done' } : { kind: 'weight', weight },
});

import { z } from 'zod';
import type { RolloutSpec } from '../core/rollout.ts';
import { rolloutSpecSchema } from '../core/rollout.ts';
import { exactlyOneOf } from '../core/schema.ts';
import type { FieldError } from './errors.ts';
import { fieldErrors } from './errors.ts';

/**
 * The spec of a Rollout that is being deleted, valid or not. Only what is given back must be readable: which workload (or that there is
 * none), which Service, which split. Anything else that cannot be read is as if it had been left out: it must not stand in the way.
 */
const { workloadRef, template, service, traffic, strategy, ...others } = rolloutSpecSchema.shape;
const { name, ...ofService } = service.shape;

/** The same members, each with its default in place of what cannot be read. */
function forgiving<T extends z.ZodObject>(schema: T): T {
  const members = Object.entries(schema.shape as Record<string, z.ZodType>);
  return z.object(Object.fromEntries(members.map(([key, member]) => [key, member.catch(member.parse(undefined))]))) as unknown as T;
}

const canary = forgiving(strategy.shape.canary);
const anyStrategy = z.object({ canary: canary.catch(canary.parse({})) });

const leavingSpecSchema = exactlyOneOf(
  z.object({
    ...forgiving(z.object(others)).shape,
    workloadRef,
    template: z.unknown().optional(),
    service: z.object({ ...forgiving(z.object(ofService)).shape, name }),
    traffic,
    strategy: anyStrategy.catch({ canary: canary.parse({}) }),
  }),
  ['workloadRef', 'template'],
  'spec',
);

export function readLeavingSpec(spec: unknown): { readonly value?: RolloutSpec; readonly errors: readonly FieldError[] } {
  const parsed = leavingSpecSchema.safeParse(spec, { reportInput: true });
  if (!parsed.success) return { errors: fieldErrors(parsed.error.issues, ['spec']) };
  // Of a template of our own nothing is left behind, so that it need not be a good one.
  const own = template.safeParse(parsed.data.template);
  return { value: { ...parsed.data, template: own.success ? own.data : undefined }, errors: [] };
}

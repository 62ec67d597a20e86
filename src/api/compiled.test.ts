import { expect, test } from 'vitest';
import { z } from 'zod';
import { analysisRunSpecSchema, analysisRunStatusSchema } from '../core/analysis/index.ts';
import { rolloutStatusSchema } from '../core/rollout.ts';
import { compiled } from './compiled.ts';

test('a compiled schema reads as the schema does, and says the same of what is wrong', () => {
  const schema = z.object({ name: z.string().min(2), count: z.int().prefault(3), kinds: z.array(z.enum(['A', 'B'])).optional() });
  const read = compiled(schema);
  for (const value of [
    { name: 'ab' },
    { name: 'ab', count: 1, kinds: ['A'], other: 1 },
    { name: 'a', kinds: ['C', 'A'] },
    {},
    null,
    'text',
  ])
    expect(read().safeParse(value, { reportInput: true })).toEqual(schema.safeParse(value, { reportInput: true }));
});

test.each([
  ['status of a Rollout', rolloutStatusSchema],
  ['spec of an AnalysisRun', analysisRunSpecSchema],
  ['status of an AnalysisRun', analysisRunStatusSchema],
])('the %s has nothing in it that cannot be compiled', (_, schema) => {
  expect(() => z.compile(schema, { strict: true })).not.toThrow();
});

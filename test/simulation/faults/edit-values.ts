import { renderCrds } from '../../../src/api/index.ts';
import type { StructuralSchema } from '../../../src/api/structural.ts';
import type { Random } from '../../../src/lib/index.ts';

/** The template is the release itself, which workloads change; names that were taken over cannot change any more. */
const leftAlone = new Set(['template', 'workloadRef']);

let known: StructuralSchema | undefined;

function specSchema(): StructuralSchema {
  known ??= renderCrds().find(({ spec }) => spec.names.kind === 'Rollout')?.spec.versions[0].schema.openAPIV3Schema.properties?.spec;
  if (known === undefined) throw new Error('there is no Rollout');
  return known;
}

/** A merge patch of `spec` that sets one field, somewhere in its schema: two of three times to a value that fits. */
export function drawEdit(random: Random): unknown {
  const isValid = random.next() < 2 / 3;
  return within(specSchema(), random, isValid, leftAlone);
}

function within(schema: StructuralSchema, random: Random, isValid: boolean, without: ReadonlySet<string> = new Set()): unknown {
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => !without.has(name));
  const field = drawn(random, fields);
  if (field === undefined) return isValid ? sampleOf(schema, random, 0) : wrong(schema, random);
  const [name, inner] = field;
  if (!isValid && random.next() < 0.1) return { [`${name}x`]: 1 };
  if (random.next() < 0.1) return { [name]: null };
  if (inner.properties !== undefined && random.next() < 0.8) return { [name]: within(inner, random, isValid) };
  return { [name]: isValid ? sampleOf(inner, random, 0) : wrong(inner, random) };
}

/** Texts of which at least one fits wherever a pattern is asked for. */
const texts = [
  '10s',
  '1m',
  '0s',
  '3h',
  'checks',
  'web',
  'other',
  '0 17 * * 5',
  '* * * * *',
  'UTC',
  'Europe/Berlin',
  '0.5',
  '50%',
  '/',
  'x',
];

function sampleOf(schema: StructuralSchema, random: Random, depth: number): unknown {
  const one = <Item>(items: readonly Item[]) => drawn(random, items);
  if (schema.enum !== undefined) return one(schema.enum);
  if (schema['x-kubernetes-int-or-string'] === true) return one([1, 50, '50%']);
  switch (schema.type) {
    case 'boolean':
      return random.next() < 0.5;
    case 'integer':
    case 'number': {
      const least = schema.minimum ?? 0;
      const range = Math.min(schema.maximum ?? least + 100, least + 100) - least;
      return random.next() < 0.2 ? least : least + Math.floor(random.next() * (range + 1));
    }
    case 'string': {
      const patterns = [schema.pattern, ...(schema.allOf ?? []).map(({ pattern }) => pattern)].flatMap((text) => text ?? []);
      const fitting = texts.filter((text) => patterns.every((pattern) => new RegExp(pattern).test(text)));
      return one(fitting) ?? 'x';
    }
    case 'array': {
      const length = (schema.minItems ?? 0) + Math.floor(random.next() * 3);
      return Array.from({ length }, () => sampleOf(schema.items ?? {}, random, depth + 1));
    }
    default:
      return objectOf(schema, random, depth);
  }
}

/** What is required, and some of the rest; of alternatives, which nothing is required of, mostly one. */
function objectOf(schema: StructuralSchema, random: Random, depth: number): unknown {
  const names = Object.keys(schema.properties ?? {});
  const required = schema.required ?? [];
  const alternative = required.length === 0 && random.next() < 0.8 ? drawn(random, names) : undefined;
  const share = depth > 4 ? 0 : 0.3;
  const chosen = names.filter((name) => {
    const isDrawn = random.next() < share;
    return required.includes(name) || (alternative === undefined ? isDrawn : name === alternative);
  });
  return Object.fromEntries(chosen.map((name) => [name, sampleOf(schema.properties?.[name] ?? {}, random, depth + 1)]));
}

/** A value that the schema does not allow: another type, out of bounds, or of the right type and senseless. */
function wrong(schema: StructuralSchema, random: Random): unknown {
  const others: readonly unknown[] = ['not this', -1, 1e9, 0.5, true, [], {}, [[]], { x: {} }, '', 'x'.repeat(5_000), '-5s', '٣', '../..'];
  const { minimum, maximum } = schema;
  const bounds = [...(minimum === undefined ? [] : [minimum - 1]), ...(maximum === undefined ? [] : [maximum + 1])];
  return drawn(random, [...others, ...bounds]);
}

function drawn<Item>(random: Random, items: readonly Item[]): Item | undefined {
  return items[Math.floor(random.next() * items.length)];
}

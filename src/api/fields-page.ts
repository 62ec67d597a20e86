import type { CustomResourceDefinition } from './crds.ts';
import type { StructuralSchema } from './structural.ts';

/** A page with every field of every kind: its type, its bounds, its default. */
export const fieldsPage = (crds: readonly CustomResourceDefinition[]): string => `# Fields

What users write and read, by kind. \`[]\` stands for the items of a list; a field in **bold** is required where its parent is given.

${crds.map(section).join('\n')}`;

function section(crd: CustomResourceDefinition): string {
  const schema = crd.spec.versions[0].schema.openAPIV3Schema;
  const rows = ['spec', 'status'].flatMap((part) => {
    const inner = schema.properties?.[part];
    return inner === undefined ? [] : rowsOf(part, inner);
  });
  return `## ${crd.spec.names.kind}\n\n${schema.description ?? ''}\n\n| field | type | default | |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

function rowsOf(path: string, schema: StructuralSchema): readonly string[] {
  const inner = schema.items ?? schema;
  const prefix = schema.items === undefined ? path : `${path}[]`;
  return Object.entries(inner.properties ?? {}).flatMap(([key, member]) => {
    const at = `${prefix}.${key}`;
    const name = inner.required?.includes(key) ? `**\`${at}\`**` : `\`${at}\``;
    const fallback = member.default === undefined ? '' : `\`${JSON.stringify(member.default)}\``;
    return [`| ${name} | ${escaped(typeOf(member))} | ${escaped(fallback)} | ${escaped(noteOf(member))} |`, ...rowsOf(at, member)];
  });
}

function typeOf(schema: StructuralSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(String).join(', ');
  if (schema['x-kubernetes-int-or-string']) return 'integer or string';
  if (schema.items !== undefined) return `list of ${schema.items.type ?? 'any'}`;
  const bounds = [
    schema.minimum === undefined ? '' : `≥ ${schema.minimum}`,
    schema.maximum === undefined ? '' : `≤ ${schema.maximum}`,
  ].filter((bound) => bound !== '');
  return [isDuration(schema) ? 'duration' : schema.format === 'date-time' ? 'time' : (schema.type ?? 'any'), ...bounds].join(' ');
}

const isDuration = ({ pattern, allOf }: StructuralSchema): boolean =>
  [pattern, ...(allOf ?? []).map((one) => one.pattern)].some((one) => one?.includes('ms|s|m|h'));

const noteOf = (schema: StructuralSchema): string =>
  [schema.description, ...(schema['x-kubernetes-validations'] ?? []).map(({ message }) => `Rule: ${message}.`)]
    .filter((part) => part !== undefined)
    .join(' ');

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

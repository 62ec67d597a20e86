import type { Conflict } from './apply/index.ts';
import type { Refusal } from './status.ts';
import { byText } from './values.ts';

/** 409 of a server-side apply: who owns what the applier wants otherwise. */
export function applyConflict(conflicts: readonly Conflict[]): Refusal {
  const causes = conflicts.map((one) => ({ reason: 'FieldManagerConflict', message: `conflict with ${named(one)}`, field: one.field }));
  return { code: 409, reason: 'Conflict', message: messageOf(conflicts), details: { causes } };
}

function messageOf(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (conflicts.length === 1 && first !== undefined) return `Apply failed with 1 conflict: conflict with ${named(first)}: ${first.field}`;
  const byManager = new Map<string, readonly string[]>();
  for (const one of conflicts) byManager.set(named(one), [...(byManager.get(named(one)) ?? []), one.field]);
  const lines = [...byManager]
    .sort(([left], [right]) => byText(left, right))
    .flatMap(([name, fields]) => [`conflicts with ${name}:`, ...fields.map((field) => `- ${field}`)]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function named({ manager }: Conflict): string {
  const name = JSON.stringify(manager.manager);
  const full = manager.subresource === '' ? name : `${name} with subresource ${JSON.stringify(manager.subresource)}`;
  return manager.operation === 'Update' ? `${full} using ${manager.apiVersion}` : full;
}

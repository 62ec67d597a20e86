import type { ManagedFieldsEntry } from '../../kube/index.ts';
import { isObject } from '../../lib/index.ts';

export const fieldManager = 'sluice';

/**
 * The field manager that last changed the weights, where it is not us. Who owns `spec.backends` now counts before who owns another
 * field of the spec: taking a field away from a manager leaves his entry and its time as they were. Times have whole seconds; in
 * a tie it was us, since we write last.
 */
export function lastManagerOf(entries: readonly ManagedFieldsEntry[] | undefined): string | undefined {
  const ofSpec = (entries ?? []).filter((entry) => specFields(entry) !== undefined);
  const ofBackends = ofSpec.filter((entry) => 'f:backends' in (specFields(entry) ?? {}));
  const candidates = ofBackends.length > 0 ? ofBackends : ofSpec;
  const latest = Math.max(...candidates.map(timeOf));
  const managers = candidates.filter((entry) => timeOf(entry) === latest).map(({ manager }) => manager ?? 'unknown');
  return managers.includes(fieldManager) ? undefined : managers[0];
}

function specFields({ fieldsV1 }: ManagedFieldsEntry): Record<string, unknown> | undefined {
  const spec = isObject(fieldsV1) ? fieldsV1['f:spec'] : undefined;
  return isObject(spec) ? spec : undefined;
}

function timeOf(entry: ManagedFieldsEntry): number {
  const { time } = entry as { readonly time?: unknown };
  const parsed = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(parsed) ? 0 : parsed;
}

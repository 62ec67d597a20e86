import type { LabelSelector, Labels } from './types.ts';

/** Whether labels satisfy the selector of a workload. One that asks for nothing selects nothing, as the workload controllers read it. */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels = {}): boolean {
  if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return false;
  return hasAll(matchLabels, labels) && matchExpressions.every((expression) => satisfies(expression, labels));
}

function satisfies({ key, operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number], labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** Whether labels satisfy the selector of a Service. */
export function hasAll(wanted: Labels, labels: Labels = {}): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  return true;
}

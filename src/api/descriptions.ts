import type { Descriptions } from './descriptions/below.ts';
import { decision } from './descriptions/decision.ts';
import { template } from './descriptions/metric.ts';
import { rollout } from './descriptions/rollout.ts';
import { run } from './descriptions/run.ts';
import type { StructuralSchema } from './structural.ts';

/** What `kubectl explain` says of every field, by path below the root. `*` stands for the items of a list. */
export const descriptions: Readonly<Record<string, Descriptions>> = {
  Rollout: rollout,
  AnalysisTemplate: template,
  ClusterAnalysisTemplate: template,
  AnalysisRun: run,
  Decision: decision,
};

/** The schema with our descriptions in place. Throws on a path that the schema does not have: a bug of ours. */
export function describeFields(kind: string, root: StructuralSchema): StructuralSchema {
  const described = structuredClone(root);
  for (const [path, description] of Object.entries(descriptions[kind] ?? {})) {
    const found = path
      .split('.')
      .reduce<StructuralSchema | undefined>((schema, name) => (name === '*' ? schema?.items : schema?.properties?.[name]), described);
    if (found === undefined) throw new Error(`${kind} has no field ${path}`);
    found.description = description;
  }
  return described;
}

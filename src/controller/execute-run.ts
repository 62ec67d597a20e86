import { analysisRuns, apiVersion } from '../api/index.ts';
import { encodeRunSpec } from '../core/analysis/index.ts';
import type { RunOrder } from '../core/index.ts';
import { revisionLabels } from '../core/names.ts';
import { fail } from '../lib/index.ts';
import type { Executors, Scene, Written } from './execute.ts';
import { resolveTemplates } from './observe-templates.ts';

/** An AnalysisRun with the templates' text as it is now: what is edited later does not change a run under way. */
export async function createRun(
  order: RunOrder,
  { owner }: Scene,
  { client, cache, absorb }: Executors,
  signal: AbortSignal,
): Promise<Written> {
  const resolved = resolveTemplates(owner.namespace, order.templates, order.args, cache);
  if (!resolved.ok) return fail({ kind: 'conflict', message: resolved.failure.message });
  const { name, kind, revision, stableRevision, attempt, step } = order;
  const body = {
    apiVersion,
    kind: analysisRuns.kind,
    metadata: {
      name,
      namespace: owner.namespace,
      labels: revisionLabels(owner.name, revision),
      ownerReferences: [{ apiVersion, kind: 'Rollout', name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: encodeRunSpec({
      metrics: [...resolved.value.metrics],
      args: [...resolved.value.args],
      terminate: false,
      rollout: { name: owner.name, uid: owner.uid, kind, revision, stableRevision, attempt, ...(step === undefined ? {} : { step }) },
    }),
  };
  const created = await client.create(analysisRuns, owner.namespace, body, {}, signal);
  if (created.ok) absorb(analysisRuns, created.value);
  return created;
}

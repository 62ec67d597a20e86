import { mergeTemplates, problemText } from '../core/analysis/index.ts';
import type { Rollout } from '../core/rollout.ts';
import { stepsOf } from '../core/rollout.ts';
import type { ArgValue, TemplateRef } from '../core/steps/index.ts';
import type { TemplateProblem } from '../core/world.ts';
import type { Cache } from './cache.ts';
import { thing } from './dependencies.ts';

/** The analyses that a Rollout asks for, and the templates that they come to now. */

interface Analysed {
  readonly kind: TemplateProblem['kind'];
  readonly step: number | undefined;
  readonly templates: readonly TemplateRef[];
  readonly args: readonly ArgValue[];
}

/** Every place of a spec that refers to templates. */
function analysesOf(rollout: Rollout): readonly Analysed[] {
  const { canary } = rollout.spec.strategy;
  const steps = stepsOf(canary).flatMap((step, index): Analysed[] =>
    step.kind === 'analysis' ? [{ kind: 'Step', step: index, ...step.config }] : [],
  );
  const background: Analysed[] = canary.analysis === undefined ? [] : [{ kind: 'Background', step: undefined, ...canary.analysis }];
  const after = canary.afterPromotion?.analysis;
  return [...background, ...steps, ...(after === undefined ? [] : [{ kind: 'AfterPromotion' as const, step: undefined, ...after }])];
}

export const templateThings = (rollout: Rollout): readonly string[] =>
  analysesOf(rollout).flatMap(({ templates }) =>
    templates.map((ref) => thing.template(ref.clusterScope ? '' : rollout.namespace, ref.name)),
  );

export function templateProblemsOf(rollout: Rollout, cache: Cache): readonly TemplateProblem[] {
  return analysesOf(rollout).flatMap(({ kind, step, templates, args }): readonly TemplateProblem[] => {
    const resolved = resolveTemplates(rollout.namespace, templates, args, cache);
    return resolved.ok ? [] : [{ kind, step, ...resolved.failure }];
  });
}

/** The metrics and arguments that these references come to now; or the first thing that keeps them from it. */
export function resolveTemplates(namespace: string, refs: readonly TemplateRef[], args: readonly ArgValue[], cache: Cache) {
  const failed = (reason: TemplateProblem['reason'], message: string) => ({ ok: false as const, failure: { reason, message } });
  const found = refs.map((ref) => ({
    ref,
    record: ref.clusterScope ? cache.clusterTemplates.get(ref.name) : cache.templates.get(`${namespace}/${ref.name}`),
  }));
  const templates = [];
  for (const { ref, record } of found) {
    const kind = ref.clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    if (record === undefined) return failed('AnalysisTemplateNotFound', `${kind} ${ref.name} does not exist`);
    if (!record.decoded.ok)
      return failed(
        'AnalysisTemplateInvalid',
        `${kind} ${ref.name}: ${record.decoded.failure.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
      );
    templates.push({ ...(ref.clusterScope ? {} : { namespace }), name: ref.name, spec: record.decoded.value });
  }
  const merged = mergeTemplates(templates, args);
  return merged.ok ? merged : failed('AnalysisTemplateInvalid', merged.failure.map(problemText).join('; '));
}

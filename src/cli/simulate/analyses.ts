import type { FieldError } from '../../api/index.ts';
import { decodeAnalysisTemplate, decodeClusterAnalysisTemplate } from '../../api/index.ts';
import type { AnalysisTemplate, Argument, Metric, RunKind } from '../../core/analysis/index.ts';
import { mergeTemplates, problemText } from '../../core/analysis/index.ts';
import type { RolloutSpec } from '../../core/rollout.ts';
import { stepsOf } from '../../core/rollout.ts';
import type { TemplateRef } from '../../core/steps/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import type { Document } from './documents.ts';

/** An analysis of the Rollout, with all that its runs will measure. */
export interface Analysis {
  readonly kind: RunKind;
  /** Index of the step; of a Step analysis only. */
  readonly step: number | undefined;
  readonly path: string;
  readonly templates: readonly AnalysisTemplate[];
  readonly metrics: readonly Metric[];
  readonly args: readonly Argument[];
}

interface Asked {
  readonly kind: RunKind;
  readonly step: number | undefined;
  readonly path: string;
  readonly refs: readonly TemplateRef[];
  readonly args: readonly { readonly name: string; readonly value: string }[];
}

/** Where the Rollout asks for analyses. */
function askedIn({ strategy: { canary } }: RolloutSpec): readonly Asked[] {
  const root = 'spec.strategy.canary';
  const steps = stepsOf(canary).flatMap((step, index): Asked[] =>
    step.kind === 'analysis'
      ? [{ kind: 'Step', step: index, path: `${root}.steps[${index}].analysis`, refs: step.config.templates, args: step.config.args }]
      : [],
  );
  const { analysis, afterPromotion } = canary;
  const bake = afterPromotion?.analysis;
  return [
    ...(analysis === undefined
      ? []
      : [{ kind: 'Background' as const, step: undefined, path: `${root}.analysis`, refs: analysis.templates, args: analysis.args }]),
    ...steps,
    ...(bake === undefined
      ? []
      : [
          {
            ...{ kind: 'AfterPromotion' as const, step: undefined, path: `${root}.afterPromotion.analysis` },
            ...{ refs: bake.templates, args: bake.args },
          },
        ]),
  ];
}

/** A template that an analysis names, as it was written. */
export interface UsedTemplate {
  readonly document: Document;
  readonly template: AnalysisTemplate;
}

export type FindTemplate = (ref: TemplateRef) => Document | undefined;

export interface Analyses {
  readonly analyses: readonly Analysis[];
  readonly used: readonly UsedTemplate[];
  readonly problems: readonly AnalysisProblem[];
}

/** Something wrong at a place of a document. */
export interface AnalysisProblem extends FieldError {
  readonly document: Document;
  readonly reason: 'AnalysisTemplateNotFound' | 'AnalysisTemplateInvalid' | 'InvalidSpec';
}

export interface AnalysedRollout {
  readonly spec: RolloutSpec;
  readonly document: Document;
}

/** `change` makes of a metric what the simulation can ask. */
export function readAnalyses({ spec, document }: AnalysedRollout, find: FindTemplate, change: (metric: Metric) => Metric): Analyses {
  const used = new Map<Document, UsedTemplate>();
  const problems: AnalysisProblem[] = [];
  const templateOf = (ref: TemplateRef, path: string): AnalysisTemplate | undefined => {
    const given = find(ref);
    if (given === undefined) {
      const kind = ref.clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
      problems.push({
        document,
        path,
        message: `no ${kind} "${ref.name}" is given; add its file with -f`,
        reason: 'AnalysisTemplateNotFound',
      });
      return undefined;
    }
    const decode = ref.clusterScope ? decodeClusterAnalysisTemplate : decodeAnalysisTemplate;
    const decoded = decode(given.object as unknown as KubeObject);
    if (!decoded.ok) {
      for (const error of decoded.failure) problems.push({ document: given, ...error, reason: 'AnalysisTemplateInvalid' });
      return undefined;
    }
    used.set(given, { document: given, template: decoded.value });
    return decoded.value;
  };
  const analyses = askedIn(spec).flatMap(({ refs, args, ...asked }): Analysis[] => {
    const found = refs.map((ref, index) => templateOf(ref, `${asked.path}.templates[${index}]`));
    const templates = found.flatMap((template) => (template === undefined ? [] : [withMetrics(template, change)]));
    const merged = mergeTemplates(templates, args);
    if (merged.ok) return [{ ...asked, templates, ...merged.value }];
    // Of templates that are not all there much would seem to be missing that is not.
    if (templates.length === refs.length)
      for (const problem of merged.failure)
        problems.push({ document, path: asked.path, message: problemText(problem), reason: 'InvalidSpec' });
    return [];
  });
  return { analyses, used: [...used.values()], problems };
}

const withMetrics = (template: AnalysisTemplate, change: (metric: Metric) => Metric): AnalysisTemplate => ({
  ...template,
  spec: { ...template.spec, metrics: template.spec.metrics.map(change) },
});

export const errorText = ({ where, kind, name }: Document, { path, message }: FieldError): string =>
  `${where}: ${kind} ${name}: ${path}: ${message}`;

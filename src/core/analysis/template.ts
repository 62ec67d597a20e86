import { z } from 'zod';
import { crdHints } from '../schema.ts';
import { argumentShape, metricShape } from './metric.ts';
import type { Problem } from './problem.ts';
import { argumentListProblems, duplicateNames, problemsOf } from './shapes.ts';

/** AnalysisTemplate and ClusterAnalysisTemplate: metrics and the arguments they need. */

const metricSchema = metricShape.superRefine((metric, context) => report(context, problemsOf(metric)));
crdHints.add(metricSchema, {
  cel: [
    [
      '[has(self.thresholdRange), has(self.successCondition) || has(self.failureCondition), has(self.compare)].filter(x, x).size() == 1',
      'needs exactly one of thresholdRange, successCondition or failureCondition, compare',
    ],
    ["!has(self.interval) || duration(self.interval) >= duration('1s')", 'interval must be at least 1s', '.interval'],
    ['!has(self.count) || self.count <= 1 || has(self.interval)', 'a count of more than 1 needs an interval', '.count'],
    [
      'has(self.count) ? self.failureLimit < self.count : (has(self.interval) || self.failureLimit < 1)',
      'failureLimit must be less than count',
      '.failureLimit',
    ],
    [
      '!has(self.consecutiveSuccessLimit) || (has(self.count) ? self.consecutiveSuccessLimit <= self.count : (has(self.interval) || self.consecutiveSuccessLimit <= 1))',
      'consecutiveSuccessLimit must not be greater than count',
      '.consecutiveSuccessLimit',
    ],
    [
      '!has(self.minRequests) || (!has(self.provider.web) && (!has(self.provider.prometheus) || !has(self.provider.prometheus.query) || has(self.provider.prometheus.countQuery)))',
      'minRequests needs a provider that knows the number of requests',
      '.minRequests',
    ],
    [
      "!has(self.compare) || !(has(self.provider.web) || (has(self.provider.trafficMetrics) && self.provider.trafficMetrics.value != 'successRate') || (has(self.provider.prometheus) && has(self.provider.prometheus.query) && !has(self.provider.prometheus.countQuery)))",
      'compare needs counts of both sides',
      '.compare',
    ],
  ],
});

/** Metrics as a template and a run have them. */
export const metricList = () => {
  const schema = z
    .array(metricSchema)
    .min(1)
    .max(32)
    .superRefine((metrics, context) => report(context, duplicateNames(metrics)));
  crdHints.add(schema, { listType: 'map', listMapKeys: ['name'] });
  return schema;
};

export const argumentList = () => {
  const schema = z
    .array(argumentShape)
    .max(50)
    .superRefine((args, context) => report(context, argumentListProblems(args)));
  crdHints.add(schema, { listType: 'map', listMapKeys: ['name'] });
  return schema.prefault([]);
};

export const analysisTemplateSpecSchema = z.object({ args: argumentList(), metrics: metricList() });
export type AnalysisTemplateSpec = z.output<typeof analysisTemplateSpecSchema>;

/** A template as the core sees it, of either kind. */
export interface AnalysisTemplate {
  /** Absent: a ClusterAnalysisTemplate. */
  readonly namespace?: string;
  readonly name: string;
  readonly spec: AnalysisTemplateSpec;
}

interface Reporter {
  addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void;
}

function report(context: Reporter, problems: readonly Problem[]): void {
  for (const { path, message } of problems) context.addIssue({ code: 'custom', path: [...path], message });
}

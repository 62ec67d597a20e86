import type { Descriptions } from './below.ts';

/** An analysis as a Rollout asks for it: templates, and what to fill in. */
export const analysisReference: Descriptions = {
  templates: 'Whose metrics are measured, all of them in one AnalysisRun; no two may have a metric of the same name.',
  'templates.*.name': 'Name of the template.',
  'templates.*.clusterScope': 'true: a ClusterAnalysisTemplate; else an AnalysisTemplate of the same namespace.',
  args: 'Values of arguments that the templates declare; what they know by themselves need not be given.',
  'args.*.name': 'Name of the argument: {{args.NAME}} in the template.',
  'args.*.value': 'What takes its place.',
};

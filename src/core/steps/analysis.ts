import { z } from 'zod';
import { argValues, templateRefs } from '../analysis/refs.ts';
import type { ArgValue, TemplateRef } from './step.ts';
import { defineStep } from './step.ts';

interface Analysis {
  readonly templates: readonly TemplateRef[];
  readonly args: readonly ArgValue[];
}

/** Blocks until its own AnalysisRun ends; only a successful one lets the Rollout go on. */
export const analysis = defineStep<Analysis>({
  schema: z.object({ templates: templateRefs(), args: argValues() }),
  text: ({ templates }) => templates.map(({ name }) => name).join(', '),
  decide(config, { run }) {
    switch (run?.phase) {
      case 'Successful':
        return { kind: 'done' };
      case 'Failed':
        return { kind: 'failed', reason: 'AnalysisFailed', message: run.message };
      case 'Error':
        return { kind: 'failed', reason: 'AnalysisError', message: run.message };
      case 'Inconclusive':
        return { kind: 'inconclusive', message: run.message };
      default:
        return { kind: 'analysis', templates: config.templates, args: config.args };
    }
  },
});

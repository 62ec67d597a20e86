// Analyses as scenarios look at them: the templates that users get from us, the runs, the Events.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Bed } from '../kit/bed.ts';
import type { KubeObject } from '../kit/client.ts';
import { pathOf } from '../kit/paths.ts';
import type { RolloutStatus } from './rollouts.ts';

export interface AnalysisRun extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly message?: string;
    readonly completedAt?: string;
    readonly metricResults?: readonly {
      readonly name: string;
      readonly phase: string;
      readonly count: number;
      readonly successful: number;
      readonly failed: number;
      readonly noData: number;
      readonly error: number;
      readonly consecutiveError: number;
      readonly measurements: readonly {
        readonly result: string;
        readonly value?: string;
        readonly message?: string;
        readonly startedAt?: string;
      }[];
    }[];
  };
}

/** What no request takes on a busy machine unless its pod means it; a bucket of every mesh's histogram. */
export const slowMs = 2_000;

/** Applies every template of one file of analysis-templates/, as a user would who knows how slow his machine is. */
export async function applyTemplates(bed: Bed, file: string): Promise<void> {
  const text = readFileSync(join(bed.info.repository, 'analysis-templates', `${file}.yaml`), 'utf8').replaceAll(
    '{max: 500}',
    `{max: ${slowMs}}`,
  );
  for (const document of parseAllDocuments(text)) await bed.admin.apply(document.toJS() as KubeObject, { manager: 'user' });
}

/** The runs that a Rollout's status names, as they are now. */
export async function runsOf(bed: Bed, namespace: string, { analysis = [] }: RolloutStatus): Promise<readonly AnalysisRun[]> {
  return Promise.all(analysis.map(({ run }) => bed.admin.get<AnalysisRun>(pathOf('analysisruns', namespace, run))));
}

export const metricOf = ({ status }: AnalysisRun, name: string) => status?.metricResults?.find((metric) => metric.name === name);

interface Event extends KubeObject {
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
}

/** Reasons of the Events on one Rollout. */
export async function eventReasons(bed: Bed, namespace: string, rollout = 'web'): Promise<readonly string[]> {
  const { items } = await bed.admin.list<Event>(pathOf('events', namespace));
  return items
    .filter(({ involvedObject }) => involvedObject?.kind === 'Rollout' && involvedObject.name === rollout)
    .map(({ reason = '' }) => reason);
}

/** What is done after a silence. */
export const silence = (timeout: string, next: 'Fail' | 'Inconclusive'): object => ({
  action: 'Wait',
  timeout,
  // biome-ignore lint/suspicious/noThenProperty: the word of the API
  then: next,
});

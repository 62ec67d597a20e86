import type { Result } from '../../../lib/index.ts';
import { goodQuality, type Quality } from '../quality.ts';
import type { Report } from '../report.ts';
import { simulate } from '../run.ts';
import type { Settings } from '../settings.ts';

/** YAML as users write it, and the wishes of a command line. */
export interface GivenRollout {
  readonly name?: string;
  /** As in YAML, one step a line. */
  readonly steps: readonly string[];
  /** Members of `strategy.canary` beside the steps, in YAML's flow style. */
  readonly canary?: readonly string[];
  readonly provider?: string;
}

export const rolloutYaml = ({ name = 'web', steps, canary = [], provider = 'linkerd' }: GivenRollout): string => `
apiVersion: sluice.dev/v1alpha1
kind: Rollout
metadata: {name: ${name}, namespace: shop}
spec:
  workloadRef: {name: ${name}}
  replicas: 2
  service: {name: ${name}}
  traffic: {smi: {provider: ${provider}}}
  strategy:
    canary:
      scaleDownDelay: 5s
      confirmation: {maxLag: 2s}
      ${canary.join('\n      ')}
      steps:
      ${steps.map((step) => `- ${step}`).join('\n      ')}
`;

/** One metric a line, in YAML's flow style. */
export const templateYaml = (metrics: readonly string[], window = '20s'): string => `
apiVersion: sluice.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: checks, namespace: shop}
spec:
  args: [{name: window, value: ${window}}]
  metrics:
  ${metrics.map((metric) => `- ${metric}`).join('\n  ')}
`;

export const successRate = (more = ''): string =>
  `{name: success-rate, interval: 5s, thresholdRange: {min: 0.99}, minRequests: 20, provider: {prometheus: {builtin: successRate}}${more}}`;

export const watched = 'analysis: {templates: [{name: checks}]}';

const usual: Settings = {
  ...{ rollout: undefined, namespace: 'default', mesh: undefined, stable: goodQuality, perSecond: 200, seeds: 2, firstSeed: 1 },
  ...{ release: { ...goodQuality, errorRate: 0.3 }, resumeAfterMs: 10_000 },
};

export const played = (
  texts: readonly string[],
  { bad, ...wishes }: Partial<Settings> & { readonly bad?: Partial<Quality> } = {},
): Promise<Result<Report, readonly string[]>> =>
  simulate({
    sources: texts.map((text, index) => ({ name: `${index + 1}.yaml`, text })),
    library: [],
    settings: { ...usual, ...(bad === undefined ? {} : { release: { ...goodQuality, ...bad } }), ...wishes },
  });

/** Where nothing may be wrong. */
export async function reportOn(texts: readonly string[], wishes: Parameters<typeof played>[1] = {}): Promise<Report> {
  const report = await played(texts, wishes);
  if (!report.ok) throw new Error(report.failure.join('\n'));
  return report.value;
}

/** Where nothing can be played. */
export async function problemsOf(texts: readonly string[], wishes: Parameters<typeof played>[1] = {}): Promise<readonly string[]> {
  const report = await played(texts, wishes);
  return report.ok ? [] : report.failure;
}

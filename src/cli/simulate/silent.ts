import { analysisRuns, decodeAnalysisRun } from '../../api/index.ts';
import type { AnalysisRun, Metric } from '../../core/analysis/index.ts';
import type { KubeObject } from '../../kube/index.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { type Selector, selectorsOf } from '../../sandbox/prometheus/index.ts';
import { queriesAsked } from './questions.ts';
import type { Scenario } from './scenario.ts';

/** A metric that was asked, and never had data. */
export interface SilentMetric {
  readonly metric: string;
  /** What the last measurement says, and which label of the query no series has. */
  readonly message: string;
}

/** Metrics of the runs until now that nobody ever had an answer to. */
export function silentMetrics(sandbox: Sandbox, scenario: Scenario): readonly SilentMetric[] {
  const objects = sandbox.client.list(analysisRuns, { namespace: scenario.namespace });
  const runs = objects.flatMap((object) => {
    const decoded = decodeAnalysisRun(object as unknown as KubeObject);
    return decoded.ok ? [decoded.value] : [];
  });
  return runs.flatMap((run) => run.spec.metrics.flatMap((metric) => silentIn(run, metric, { sandbox, scenario }) ?? []));
}

interface Context {
  readonly sandbox: Sandbox;
  readonly scenario: Scenario;
}

function silentIn(run: AnalysisRun, metric: Metric, { sandbox, scenario }: Context): SilentMetric | undefined {
  const result = run.status.metricResults.find(({ name }) => name === metric.name);
  if (result === undefined || metric.dryRun || result.count > 0 || result.noData === 0) return undefined;
  const said = result.measurements.findLast((each) => each.result === 'NoData')?.message ?? 'no data';
  const missing = queriesAsked(run, metric, scenario).flatMap((query) => missingLabel(sandbox, query) ?? []);
  const [why] = missing;
  return { metric: metric.name, message: why === undefined ? said : `${said}; ${why}` };
}

/** The first part of a selector that no series of its metric has. */
function missingLabel(sandbox: Sandbox, query: string): string | undefined {
  const selectors = selectorsOf(query);
  if (!selectors.ok) return undefined;
  for (const selector of selectors.value) {
    const [name] = selector.filter((matcher) => matcher.name === '__name__');
    if (name === undefined || hasSeries(sandbox, selector) || !hasSeries(sandbox, [name])) continue;
    const wrong = selector.find((matcher) => matcher !== name && !hasSeries(sandbox, [name, matcher]));
    if (wrong !== undefined) return `no series of ${name.value} has ${textOf(wrong)}`;
  }
  return undefined;
}

const textOf = ({ name, op, value }: Selector[number]): string => `${name}${op}${JSON.stringify(value)}`;

function hasSeries({ metrics }: Sandbox, selector: Selector): boolean {
  const match = `{${selector.map(textOf).join(',')}}`;
  const answer = metrics?.prometheus.answer({ method: 'GET', url: `/api/v1/series?match[]=${encodeURIComponent(match)}`, headers: {} });
  if (answer?.kind !== 'reply') return false;
  const { data } = JSON.parse(answer.body) as { readonly data?: readonly unknown[] };
  return (data ?? []).length > 0;
}

import { askingOf, type Metric, predefinedNames, scopeOf } from '../../core/analysis/index.ts';
import { type Selector, selectorsOf } from '../../sandbox/prometheus/index.ts';
import type { ProviderName } from '../../traffic/index.ts';
import type { Analysis } from './analyses.ts';
import { type Finding, finding } from './findings.ts';
import { isNamed, meshesWith, namesOf, type SimulatedMesh } from './meshes.ts';

/** A metric that cannot be asked in a simulation. It goes on without it: the metric becomes a dry run that asks for nothing. */
export interface LeftOut {
  readonly metric: string;
  readonly finding: Finding;
}

/** Stands in for a metric that was left out: it changes no phase, and holds nothing open. */
export const nothingToAsk = { dryRun: true, thresholdRange: { min: 0 }, provider: { prometheus: { query: 'vector(1)' } } } as const;

/** The metric as a dry run that always has an answer. */
export const leftOut = ({ name, interval, initialDelay, count, provider: _, ...metric }: Metric): Metric => ({
  ...{ name, interval, initialDelay, count, failureLimit: 0, inconclusiveLimit: 0, noData: metric.noData },
  ...{ consecutiveErrorLimit: metric.consecutiveErrorLimit, dryRun: true, thresholdRange: nothingToAsk.thresholdRange },
  provider: { prometheus: { query: 'vector(1)', mesh: 'auto', timeout: 10_000, headers: [] } },
});

/** What asks a server of the user's own, which no simulation has. */
export function webLeftOut({ name, provider: { web } }: Metric): LeftOut | undefined {
  if (web === undefined) return undefined;
  const message = `metric "${name}" asks ${web.url}, which is not there in a simulation; it is left out`;
  return { metric: name, finding: finding('MetricUnknown', message, name) };
}

/** A metric's PromQL, with the arguments that it will have filled in. */
export interface AskedQuery {
  readonly metric: string;
  readonly query: string;
  readonly selectors: readonly Selector[];
}

export interface Queries {
  readonly asked: readonly AskedQuery[];
  readonly refused: readonly LeftOut[];
}

/** Every query of the analyses; one that is no PromQL is left out. */
export function queriesOf(analyses: readonly Analysis[]): Queries {
  const asked: AskedQuery[] = [];
  const refused: LeftOut[] = [];
  for (const { metrics, args } of analyses) {
    for (const metric of metrics) {
      for (const query of textsOf(metric, args)) {
        const selectors = selectorsOf(query);
        if (selectors.ok) asked.push({ metric: metric.name, query, selectors: selectors.value });
        else
          refused.push({
            metric: metric.name,
            finding: finding('QueryRefused', refusal(metric.name, query, selectors.failure.message), metric.name),
          });
      }
    }
  }
  return { asked, refused };
}

const refusal = (metric: string, query: string, why: string): string =>
  `metric "${metric}": the simulated Prometheus (2.42) refuses its query, ${why}; it is left out. The query: ${oneLine(query)}`;

const sample = Object.fromEntries(predefinedNames.map((name) => [name, name === 'weight' || name === 'step' ? '1' : 'x']));

function textsOf(metric: Metric, args: Analysis['args']): readonly string[] {
  const asking = askingOf(metric, scopeOf(args, sample), { namespace: 'x' });
  if (!asking.ok || asking.value.question.provider.kind !== 'prometheus') return [];
  const { query, countQuery } = asking.value.question.provider;
  return countQuery === undefined ? [query] : [query, countQuery];
}

/** Metrics whose series the mesh of the simulation does not have. */
export function unknownIn(mesh: SimulatedMesh, asked: readonly AskedQuery[]): readonly LeftOut[] {
  const names = namesOf(mesh);
  const isKnown = (selector: Selector) => nameOf(selector) === undefined || names.some((name) => isNamed(selector, name));
  return asked.flatMap(({ metric, query, selectors }) => {
    const missing = selectors.find((selector) => !isKnown(selector));
    if (missing === undefined) return [];
    const message = `metric "${metric}" asks for ${nameOf(missing)}, ${whoHas(missing, mesh.provider)}; it is left out. The query: ${oneLine(query)}`;
    return [{ metric, finding: finding('MetricUnknown', message, metric) }];
  });
}

function whoHas(selector: Selector, provider: ProviderName): string {
  const meshes = meshesWith(selector).filter((mesh) => mesh !== provider);
  const place = provider === 'generic' ? 'no mesh of the simulation exposes' : `the simulated ${provider} does not expose`;
  return meshes.length === 0 ? `which ${place}` : `which ${place} (${meshes.join(', ')} would: see --mesh)`;
}

const nameOf = (selector: Selector): string | undefined => selector.find(({ name }) => name === '__name__')?.value;

export const oneLine = (query: string): string => query.replace(/\s+/g, ' ').trim();

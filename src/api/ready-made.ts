import { builtinQuery, dialects } from '../metrics/index.ts';
import { apiVersion, clusterAnalysisTemplates } from './group.ts';

type Manifest = Readonly<Record<string, unknown>>;

/** Names that no query has in it: what takes the place of each in a template. The window is told by its length. */
const windowMs = 754_000;
const places: Readonly<Record<string, string>> = {
  'the-namespace': '{{args.namespace}}',
  'the-workload': '{{args.canaryWorkload}}',
  'the-service': '{{args.canaryService}}',
  'the-root': '{{args.service}}',
  '12m34s': '{{args.window}}',
};
const subject = {
  ...{ namespace: 'the-namespace', workload: 'the-workload', service: 'the-service' },
  // The split goes by the root Service's name, unless the spec says otherwise.
  ...{ rootService: 'the-root', split: 'the-root' },
};

const withArgs = (query: string): string =>
  Object.entries(places).reduce((text, [name, placeholder]) => text.replaceAll(name, placeholder), query);

type Value = 'successRate' | 'p99';

interface Source {
  readonly mesh: string;
  readonly provider: (value: Value) => object;
}

const sources: readonly Source[] = [
  { mesh: 'builtin', provider: (value) => ({ prometheus: { builtin: value } }) },
  ...dialects.map(
    (dialect): Source => ({
      mesh: dialect.mesh,
      provider: (value) => {
        const { query, countQuery } = builtinQuery(dialect, value, subject, windowMs);
        return { prometheus: { query: withArgs(query), countQuery: withArgs(countQuery) } };
      },
    }),
  ),
  { mesh: 'traffic-metrics', provider: (value) => ({ trafficMetrics: { value, resource: 'deployments' } }) },
];

/** What the ready-made templates are sorted by: a mesh, or the source that needs none. */
export const readyMadeMeshes: readonly string[] = sources.map(({ mesh }) => mesh);

/** The ready-made ClusterAnalysisTemplates, those of `analysis-templates/`: success rate and p99, of one mesh or of all. */
export const renderTemplates = (mesh?: string): readonly Manifest[] =>
  sources.filter((source) => mesh === undefined || source.mesh === mesh).flatMap(templatesOf);

function templatesOf({ mesh, provider }: Source): readonly Manifest[] {
  const suffix = mesh === 'builtin' ? '' : `-${mesh}`;
  const template = (metric: string, thresholdRange: object, value: Value): Manifest => ({
    apiVersion,
    kind: clusterAnalysisTemplates.kind,
    metadata: { name: `${metric}${suffix}` },
    spec: {
      args: [{ name: 'window', value: '1m' }],
      metrics: [{ name: metric, interval: '30s', thresholdRange, minRequests: 20, provider: provider(value) }],
    },
  });
  return [template('success-rate', { min: 0.99 }, 'successRate'), template('latency-p99', { max: 500 }, 'p99')];
}

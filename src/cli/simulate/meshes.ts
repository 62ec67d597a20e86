import type { Metric } from '../../core/analysis/index.ts';
import { dialectOf } from '../../metrics/index.ts';
import type { MeshMode } from '../../sandbox/mesh/index.ts';
import { exposedNames, type MeshName, meshNames, type Selector } from '../../sandbox/prometheus/index.ts';
import { type ProviderName, providers } from '../../traffic/index.ts';

/** The mesh of the simulation: how it reads a split, and what its proxies count. */
export interface SimulatedMesh {
  readonly provider: ProviderName;
  readonly mode: MeshMode;
  /** In whose words the proxies count. */
  readonly dialects: readonly MeshName[];
}

export const meshOf = (provider: ProviderName, metrics: readonly Metric[], selectors: readonly Selector[]): SimulatedMesh => ({
  provider,
  mode: provider === 'generic' ? 'strict' : provider,
  dialects: meshNames.filter((mesh) => isSpoken(mesh, { provider, metrics, selectors })),
});

interface Wishes {
  readonly provider: ProviderName;
  readonly metrics: readonly Metric[];
  readonly selectors: readonly Selector[];
}

/** Its own words; those that a metric asks for by name; TrafficMetrics are made of Linkerd's; and a mesh that nobody knows may speak any. */
function isSpoken(mesh: MeshName, { provider, metrics, selectors }: Wishes): boolean {
  if (providers[provider].dialect === mesh) return true;
  if (metrics.some(({ provider: { prometheus } }) => prometheus?.builtin !== undefined && prometheus.mesh === mesh)) return true;
  if (mesh === 'linkerd' && metrics.some(({ provider: { trafficMetrics } }) => trafficMetrics !== undefined)) return true;
  return provider === 'generic' && selectors.some((selector) => exposedNames(mesh).some((name) => isNamed(selector, name)));
}

/** Whether the selector may mean series of this name. */
export const isNamed = (selector: Selector, name: string): boolean => {
  const named = selector.filter((matcher) => matcher.name === '__name__');
  return named.length > 0 && named.every((matcher) => matcher.matches(name));
};

/** What every scrape brings, whatever is scraped. */
const ownNames: readonly string[] = ['up', 'scrape_samples_scraped'];

export const namesOf = ({ dialects }: Pick<SimulatedMesh, 'dialects'>): readonly string[] => [
  ...ownNames,
  ...dialects.flatMap((mesh) => exposedNames(mesh)),
];

/** Meshes whose proxies expose what the selector asks for. */
export const meshesWith = (selector: Selector): readonly MeshName[] =>
  meshNames.filter((mesh) => exposedNames(mesh).some((name) => isNamed(selector, name)));

/** The series that any metric, or the confirmation of weights, asks for: nobody scrapes the others. */
export function wantedSeries(
  { provider, dialects }: SimulatedMesh,
  metrics: readonly Metric[],
  selectors: readonly Selector[],
): readonly string[] {
  const asked = dialects.flatMap((mesh) => exposedNames(mesh)).filter((name) => selectors.some((selector) => mayBe(selector, name)));
  const own = dialectOf(providers[provider].dialect);
  const ready = metrics.flatMap(({ provider: { prometheus, trafficMetrics } }) => {
    const builtin = prometheus?.builtin ?? trafficMetrics?.value;
    const mesh = trafficMetrics === undefined ? prometheus?.mesh : 'linkerd';
    const dialect = mesh === undefined || mesh === 'auto' ? own : dialectOf(mesh);
    if (builtin === undefined || dialect === undefined) return [];
    return builtin.startsWith('p') ? [dialect.total, dialect.latency.bucket] : [dialect.total];
  });
  return [...new Set([...asked, ...ready, ...(own === undefined ? [] : [own.total])])];
}

/** As `isNamed`; and one that names nothing may mean anything. */
const mayBe = (selector: Selector, name: string): boolean =>
  isNamed(selector, name) || selector.every((matcher) => matcher.name !== '__name__');

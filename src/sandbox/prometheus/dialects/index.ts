import type { RequestLedger } from '../../requests.ts';
import type { ScrapeTarget } from '../scraper.ts';
import { consul } from './consul.ts';
import { envoy } from './envoy.ts';
import { Exposition, type MetricSpec } from './expose.ts';
import { istio } from './istio.ts';
import { linkerd } from './linkerd.ts';
import { nginx } from './nginx.ts';
import { osm } from './osm.ts';
import { traefikMesh } from './traefik-mesh.ts';

/** What the proxies of each mesh expose, by the side that counts. Two sides of one request are two jobs, as two scrapes would be. */
const sides: Readonly<Record<MeshName, Readonly<Record<string, readonly MetricSpec[]>>>> = {
  linkerd,
  istio,
  osm: { wasm: osm, outbound: envoy.outbound, local: envoy.local },
  'traefik-mesh': { proxies: traefikMesh },
  consul,
  nginx: { sidecars: nginx },
  envoy,
};

export type MeshName = 'linkerd' | 'istio' | 'osm' | 'traefik-mesh' | 'consul' | 'nginx' | 'envoy';

export const meshNames: readonly MeshName[] = ['linkerd', 'istio', 'osm', 'traefik-mesh', 'consul', 'nginx', 'envoy'];

/** The names of all series that the proxies of a mesh expose. */
export const exposedNames = (mesh: MeshName): readonly string[] => [...new Set(Object.values(sides[mesh]).flat().flatMap(seriesNames))];

const seriesNames = ({ kind, name }: MetricSpec): readonly string[] =>
  kind === 'counter' ? [name] : [`${name}_bucket`, `${name}_sum`, `${name}_count`];

/**
 * The mesh's proxies as targets of a scraper: they count what the ledger was told. `isWanted`: only metrics of which some series is, so that a long run does not
 * keep what nobody asks for.
 */
export const meshTargets = (
  mesh: MeshName,
  ledger: Pick<RequestLedger, 'tallies'>,
  isWanted: (series: string) => boolean = () => true,
): readonly ScrapeTarget[] =>
  Object.entries(sides[mesh]).map(([side, specs]) => {
    const exposition = new Exposition(specs.filter((spec) => seriesNames(spec).some(isWanted)));
    return { job: `${mesh}-proxies`, instance: side, read: () => exposition.read(ledger.tallies()) };
  });

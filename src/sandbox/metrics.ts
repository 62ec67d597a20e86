import type { Clock, Random } from '../lib/index.ts';
import { fork } from './chance.ts';
import type { MeshMode } from './mesh/index.ts';
import { createPrometheusApi, type MeshName, meshTargets, type PrometheusApi, Scraper, TimeSeriesStore } from './prometheus/index.ts';
import type { RequestLedger } from './requests.ts';
import {
  askEngine,
  createTrafficMetricsApi,
  type Quirks,
  type SplitFacts,
  smiMetricsDraft,
  type TrafficMetricsApi,
} from './traffic-metrics/index.ts';

export interface MetricsChoice {
  /** In whose words the proxies count. Default: the mesh's own, and Linkerd's, which TrafficMetrics are made of. */
  readonly dialects?: readonly MeshName[];
  /** Which namespaces' requests the proxies of a dialect count, where several meshes share a cluster. Default: all. */
  readonly counts?: (dialect: MeshName, namespace: string) => boolean;
  /** Default: 15 s. */
  readonly scrapeMs?: number;
  /** Series that are of any use; left out: all. */
  readonly isWanted?: (series: string) => boolean;
  /** Default: smi-metrics with the traffic splits of its draft. */
  readonly quirks?: Quirks;
}

export interface MetricsOptions extends MetricsChoice {
  readonly clock: Clock;
  readonly random: Random;
  readonly mode: MeshMode;
  readonly ledger: RequestLedger;
  /** Counts what was sent until now. */
  readonly settle: () => void;
  readonly splitOf: (namespace: string, name: string) => SplitFacts | undefined;
}

/** What can be asked about the requests: Prometheus, and TrafficMetrics behind the API server. */
export interface Metrics {
  readonly prometheus: PrometheusApi;
  readonly scraper: Scraper;
  readonly trafficMetrics: TrafficMetricsApi;
}

const ownDialect: Readonly<Partial<Record<MeshMode, MeshName>>> = {
  ...{ osm: 'osm', istio: 'istio', consul: 'consul', nginx: 'nginx' },
  'traefik-mesh': 'traefik-mesh',
};

function countedBy(dialect: MeshName, { ledger, counts }: MetricsOptions): Pick<RequestLedger, 'tallies'> {
  if (counts === undefined) return ledger;
  return {
    *tallies() {
      for (const tally of ledger.tallies()) if (counts(dialect, tally.route.namespace)) yield tally;
    },
  };
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { clock, random, settle, mode, splitOf, quirks = smiMetricsDraft } = options;
  const own = ownDialect[mode];
  const dialects = options.dialects ?? [...(own === undefined ? [] : [own]), 'linkerd' as const];
  const store = new TimeSeriesStore();
  const targets = dialects.flatMap((dialect) => meshTargets(dialect, countedBy(dialect, options), options.isWanted));
  const scraper = new Scraper({
    ...{ store, clock, random: fork(random), intervalMs: options.scrapeMs ?? 15_000 },
    targets: targets.map((target) => ({
      ...{ job: target.job, instance: target.instance },
      read: () => {
        settle();
        return target.read();
      },
    })),
  });
  const prometheus = createPrometheusApi({ store, clock, random: fork(random) });
  const trafficMetrics = createTrafficMetricsApi({ clock, random: fork(random), ask: askEngine(prometheus.engine), splitOf, quirks });
  scraper.start();
  return { prometheus, scraper, trafficMetrics };
}

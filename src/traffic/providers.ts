import type { SmiTraffic } from '../core/rollout.ts';
import type { Adapter } from './adapter.ts';
import { istioAdapter } from './adapters/istio.ts';
import { linkerdAdapter } from './adapters/linkerd.ts';
import { type SplitVersion, splitVersions } from './smi/versions.ts';

export type ProviderName = Exclude<SmiTraffic['provider'], 'auto'>;

/** All that differs between the systems behind a TrafficSplit; nothing else asks for a provider by name. */
export interface Provider {
  readonly title: string;
  /** Versions of TrafficSplit that it reads, the best first. */
  readonly reads: readonly SplitVersion[];
  /** Without adapter or metrics, a weight counts as applied after this long. */
  readonly defaultMaxLagMs: number;
  /** Needs the root Service's selector to match the pods of every backend. */
  readonly refusesPin: boolean;
  /** A backend of weight 0 may stay in the list. */
  readonly namesZeroWeights: boolean;
  /** Honours `spec.matches`. All others send everybody to the backends of a match split. */
  readonly honoursMatches: boolean;
  /** The finest change of a weight that shows, in percent. Ours are whole percents. */
  readonly finestPercent: number;
  /** The object that its SMI adapter writes, where it writes one. */
  readonly adapter: Adapter | undefined;
  /** Key of the built-in queries in `metrics/`. */
  readonly dialect: string;
  /** Any one of them says that the cluster has it. */
  readonly signs: readonly Sign[];
  /** For the docs, and for whoever debugs at night. */
  readonly quirks: readonly string[];
}

/** True where all given parts are seen. */
export interface Sign {
  readonly group?: string;
  readonly serves?: SplitVersion;
  readonly crdLabel?: LabelSign;
  readonly deploymentName?: string;
  readonly deploymentLabel?: LabelSign;
  /** Counts only where no provider has a better sign. */
  readonly isWeak?: boolean;
}

/** Of any value where `value` is absent. */
export interface LabelSign {
  readonly key: string;
  readonly value?: string;
}

const common = { refusesPin: false, namesZeroWeights: true, honoursMatches: false, finestPercent: 1, adapter: undefined } as const;

export const providers: Readonly<Record<ProviderName, Provider>> = {
  linkerd: {
    ...common,
    title: 'Linkerd with linkerd-smi (2.12 and newer), or Linkerd 2.11 and older',
    reads: ['v1alpha1'],
    defaultMaxLagMs: 10_000,
    finestPercent: 0.01,
    adapter: linkerdAdapter,
    dialect: 'linkerd',
    signs: [
      { group: 'linkerd.io', crdLabel: { key: 'linkerd.io/extension', value: 'smi' } },
      { group: 'linkerd.io', deploymentLabel: { key: 'linkerd.io/extension', value: 'smi' } },
      { group: 'linkerd.io', deploymentName: 'smi-adaptor' },
      { group: 'linkerd.io', crdLabel: { key: 'linkerd.io/control-plane-ns' } },
      { group: 'linkerd.io', serves: 'v1alpha1', isWeak: true },
    ],
    quirks: [
      'All weights zero means no split at all: every pod of the root Service is served.',
      'A backend without endpoints keeps its share and fails it.',
      'The split must be named like the root Service: Linkerd before 2.12 looks it up by that name when a client first connects.',
      'A ServiceProfile with dstOverrides wins over an HTTPRoute for the same Service.',
      'Deleting a split while linkerd-smi is down leaves the last weights in the ServiceProfile.',
      'The annotation smi.linkerd.io/skip on the ServiceProfile makes linkerd-smi ignore the split without a word.',
    ],
  },
  'traefik-mesh': {
    ...common,
    title: 'Traefik Mesh (Maesh)',
    reads: ['v1alpha3'],
    defaultMaxLagMs: 15_000,
    namesZeroWeights: false,
    honoursMatches: true,
    dialect: 'traefik-mesh',
    signs: [
      { deploymentLabel: { key: 'app.kubernetes.io/name', value: 'traefik-mesh' } },
      { deploymentLabel: { key: 'app', value: 'traefik-mesh' } },
      { deploymentLabel: { key: 'app', value: 'maesh' } },
    ],
    quirks: [
      'Only clients that call <service>.<namespace>.traefik.mesh are split.',
      'In ACL mode the allowed callers are the intersection over all backends, those of weight 0 included; a backend without pods blocks the whole split. So a backend without traffic is left out.',
      'A backend whose Service or port is missing is dropped, and the others share its weight.',
      'All weights zero: HTTP 500.',
      'Its proxies poll every 5 s; no object of the API tells whether they have the weight.',
    ],
  },
  osm: {
    ...common,
    title: 'Open Service Mesh',
    reads: ['v1alpha2'],
    defaultMaxLagMs: 10_000,
    refusesPin: true,
    dialect: 'osm',
    signs: [{ group: 'config.openservicemesh.io' }, { crdLabel: { key: 'app.kubernetes.io/name', value: 'openservicemesh.io' } }],
    quirks: [
      'The root Service must select the pods of every backend (1.2 and newer), so its selector is not pinned.',
      'All weights zero: the old weights stay.',
      'A second split on one root is ignored.',
    ],
  },
  istio: {
    ...common,
    title: 'Istio with smi-adapter-istio',
    reads: ['v1alpha2'],
    defaultMaxLagMs: 15_000,
    adapter: istioAdapter,
    dialect: 'istio',
    signs: [{ group: 'networking.istio.io', deploymentName: 'smi-adapter-istio' }],
    quirks: [
      'Weights become whole percents and the last backend takes the remainder: the stable one is last.',
      'A VirtualService of anybody else for the same host makes the outcome undefined.',
      'All weights zero is refused by Istio.',
    ],
  },
  consul: {
    ...common,
    title: 'Consul Connect',
    reads: splitVersions,
    defaultMaxLagMs: 15_000,
    dialect: 'consul',
    signs: [{ group: 'consul.hashicorp.com' }],
    quirks: [
      'consul-smi-controller reads only TrafficTargets: out of the box nothing of Consul follows a TrafficSplit. Some adapter must turn it into a ServiceSplitter; any version will do for that.',
      'A ServiceSplitter wants weights that sum to 100 exactly in 32-bit floats: whole percents always do.',
      'What does work without an adapter are the queries of this dialect.',
    ],
  },
  nginx: {
    ...common,
    title: 'NGINX Service Mesh',
    reads: ['v1alpha3'],
    defaultMaxLagMs: 10_000,
    honoursMatches: true,
    dialect: 'nginx',
    signs: [
      { crdLabel: { key: 'app.kubernetes.io/part-of', value: 'nginx-service-mesh' } },
      { crdLabel: { key: 'part-of', value: 'nginx-service-mesh' } },
    ],
    quirks: [
      'Selectors of the backends must be disjoint.',
      'Headless Services are not split.',
      'Its counters start anew when a sidecar reloads.',
    ],
  },
  generic: {
    ...common,
    title: 'Any other reader of TrafficSplit',
    reads: splitVersions,
    defaultMaxLagMs: 10_000,
    dialect: 'envoy',
    signs: [],
    quirks: ['Nothing is known of it: only metrics and the elapsed bound confirm a weight.'],
  },
};

export const providerNames = Object.keys(providers) as ProviderName[];

import type { Labels, Meta, Service, ServicePort } from '../objects/index.ts';

/** How the data plane reads a TrafficSplit; `none` routes every Service to its own endpoints, as kube-proxy does. */
export const meshModes = ['strict', 'linkerd', 'osm', 'istio', 'traefik-mesh', 'consul', 'nginx', 'none'] as const;
export type MeshMode = (typeof meshModes)[number];
export const isMeshMode = (text: string | undefined): text is MeshMode => meshModes.some((mode) => mode === text);

export interface SplitBackend {
  readonly service: string;
  readonly weight?: number | string;
}
/** In any version. The meshes' definitions check little, so little is taken for granted. */
export interface TrafficSplit {
  readonly metadata: Meta;
  readonly spec?: {
    readonly service?: string;
    readonly backends?: readonly SplitBackend[];
    readonly matches?: readonly { readonly kind: string; readonly name: string }[];
  };
}
export interface ServiceProfile {
  readonly metadata: Meta;
  readonly spec?: { readonly dstOverrides?: readonly { readonly authority: string; readonly weight: string | number }[] | null };
}
export interface VirtualService {
  readonly metadata: Meta;
  readonly spec?: {
    readonly hosts?: readonly string[];
    readonly http?: readonly {
      readonly route?: readonly { readonly destination: { readonly host: string }; readonly weight?: number }[];
    }[];
  };
}
export interface HttpMatch {
  readonly pathRegex?: string;
  readonly methods?: readonly string[];
  readonly headers?: readonly Labels[];
}
export interface RouteGroup {
  readonly metadata: Meta;
  readonly spec?: { readonly matches?: readonly HttpMatch[] };
}

export interface Share {
  /** Where the requests go: `namespace/service|port`. One that no proxy has endpoints for answers 503. */
  readonly cluster: string;
  readonly backend: string;
  /** Relative to the others. */
  readonly weight: number;
}

/** The split that a route comes from, as it was then. */
export interface SplitVersion {
  readonly name: string;
  readonly resourceVersion: string;
}

export type Route =
  | {
      readonly kind: 'split';
      readonly shares: readonly Share[];
      /** The shares concern these requests; the others go to the root's own endpoints. */
      readonly matches?: readonly HttpMatch[];
      readonly split?: SplitVersion;
    }
  | { readonly kind: 'fail'; readonly status: number; readonly split?: SplitVersion };

/** What a proxy knows of a root. */
export interface RootRoute {
  readonly route: Route;
  /** The root's own endpoints. */
  readonly rootCluster: string;
}

/** `keep`: invalid in the eyes of this mesh, so that what it had stays. */
export type Reading = Route | { readonly kind: 'keep' };

/** What a mesh knows about one port of one root Service. */
export interface RouteInput {
  readonly mode: MeshMode;
  readonly root: Service;
  readonly port: ServicePort;
  /** Those of the namespace that the mesh has taken over. */
  readonly splits: readonly TrafficSplit[];
  readonly servedVersions: ReadonlySet<string>;
  readonly profile: ServiceProfile | undefined;
  readonly virtualServices: readonly VirtualService[];
  readonly service: (name: string) => Service | undefined;
  readonly routeGroup: (name: string) => RouteGroup | undefined;
  /** Every address behind a Service, ready or not. */
  readonly addresses: (service: string) => ReadonlySet<string>;
}

import type { KubeObject } from './client.ts';
import type { MeshMode } from './layout.ts';

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
}
export interface Service extends KubeObject {
  readonly spec: {
    readonly clusterIP?: string;
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly ServicePort[];
  };
}
export interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[];
}
export interface SplitBackend {
  readonly service: string;
  readonly weight?: number | string;
}
export interface TrafficSplit extends KubeObject {
  readonly spec?: {
    readonly service?: string;
    readonly backends?: readonly SplitBackend[];
    readonly matches?: readonly { readonly kind: string; readonly name: string }[];
  };
}
export interface ServiceProfile extends KubeObject {
  readonly spec?: { readonly dstOverrides?: readonly { readonly authority: string; readonly weight: string | number }[] | null };
}
export interface VirtualService extends KubeObject {
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
  readonly headers?: readonly Readonly<Record<string, string>>[];
}
export interface RouteGroup extends KubeObject {
  readonly spec?: { readonly matches?: readonly HttpMatch[] };
}

export interface Share {
  /** A cluster of Envoy; one that does not exist answers 503, as the share of a missing backend does. */
  readonly cluster: string;
  readonly backend: string;
  readonly weight: number;
}
export type Route =
  | { readonly kind: 'split'; readonly shares: readonly Share[]; readonly matches?: readonly HttpMatch[] }
  /** Invalid in the eyes of this mesh: what it had stays. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'fail'; readonly status: number };

/** What a mesh knows about one port of one root Service. */
export interface RouteInput {
  readonly mode: MeshMode;
  readonly root: Service;
  readonly port: ServicePort;
  readonly splits: readonly TrafficSplit[];
  readonly servedVersions: ReadonlySet<string>;
  readonly profile: ServiceProfile | undefined;
  readonly virtualServices: readonly VirtualService[];
  readonly service: (name: string) => Service | undefined;
  readonly routeGroup: (name: string) => RouteGroup | undefined;
  /** Every address behind a Service, ready or not. */
  readonly addresses: (service: string) => ReadonlySet<string>;
}

/** A change of what the data plane really does, as Envoy confirmed it. */
export interface AppliedWeights {
  readonly at: number;
  /** Percent of requests by backend Service; empty where the whole root fails. */
  readonly weights: Readonly<Record<string, number>>;
}

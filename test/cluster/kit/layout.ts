// Where things are inside the bed's network namespace. Nothing else lives there, so fixed addresses cannot collide.

export const ETCD_URL = 'http://127.0.0.1:2379';
export const ETCD_PEER_URL = 'http://127.0.0.1:2380';
export const API_ADDRESS = '10.0.0.1';
export const API_PORT = 6443;
export const API_URL = `https://${API_ADDRESS}:${API_PORT}`;
export const SERVICE_RANGE = '10.96.0.0/16';
export const NODE_NAME = 'bed';
export const SYSTEM_NAMESPACE = 'bed-system';

export const ENVOY_ADMIN = { host: '127.0.0.1', port: 9901 };
export const BED_CONTROL = { host: '127.0.0.1', port: 9800 };
export const KUBELET_CONTROL = { host: '127.0.0.1', port: 9801 };
export const MESH_CONTROL = { host: '127.0.0.1', port: 9802 };
/** A cluster address, since Sluice refuses loopback addresses in templates. */
export const PROMETHEUS = { host: '10.96.255.90', port: 9090 };
export const METRICS_API = { host: '10.96.255.91', port: 443 };
/** For servers that a test starts itself. */
export const OWN_ADDRESS = '10.96.255.77';

export const urlOf = (at: { readonly host: string; readonly port: number }): string => `http://${at.host}:${at.port}`;

/** Labels and annotations that steer the kit. */
export const MESH_LABEL = 'bed.sluice.dev/mesh';
export const MODE_LABEL = 'bed.sluice.dev/mesh-mode';
export const POD_PREFIX = 'bed.sluice.dev/';

/** How the data plane reads a TrafficSplit; `none` routes every Service to its own endpoints, as kube-proxy does. */
export const MESH_MODES = ['strict', 'linkerd', 'osm', 'istio', 'traefik-mesh', 'consul', 'nginx', 'none'] as const;
export type MeshMode = (typeof MESH_MODES)[number];
export const isMeshMode = (text: string | undefined): text is MeshMode => MESH_MODES.some((mode) => mode === text);

/** Users of the static token file; everybody but `sluice`, alice and bob is in system:masters. */
export const USERS = [
  'admin',
  'bed-kubelet',
  'bed-mesh',
  'bed-metrics',
  'bed-controller-manager',
  'bed-scheduler',
  'sluice',
  'alice',
  'bob',
] as const;
export type User = (typeof USERS)[number];

/** What a test worker needs to reach the bed: plain data, so that vitest can hand it over. */
export interface BedInfo {
  /** What the bed stands on: a real control plane, or the sandbox (ground.ts). */
  readonly ground: 'cluster' | 'sandbox';
  readonly runDir: string;
  readonly repository: string;
  readonly apiUrl: string;
  /** Empty where the API server speaks plain HTTP. */
  readonly caFile: string;
  readonly tokens: Readonly<Record<User, string>>;
  readonly kubeconfigs: Readonly<Record<User, string>>;
  readonly auditFile: string;
  readonly prometheusUrl: string;
  readonly controlUrl: string;
  readonly meshUrl: string;
  /** Of this machine, and not loopback, which Sluice refuses in templates; undefined where it has none. */
  readonly ownAddress: string | undefined;
  readonly startedAt: number;
  /** Where each worker of vitest, which runs one file after the other, has a bed of its own: the other ones. */
  readonly others?: readonly BedInfo[];
}

import type { MeshMode } from '../../sandbox/mesh/index.ts';
import type { MeshName } from '../../sandbox/prometheus/index.ts';
import type { ProviderName } from '../../traffic/index.ts';
import type { Written } from './app.ts';
import type { Quality } from './quality.ts';

/** All that one run is made of, as plain data: it goes to another thread as it is. */
export interface Scenario {
  readonly namespace: string;
  /** Of the Rollout. */
  readonly name: string;
  readonly service: string;
  /** The TrafficSplit's name. */
  readonly split: string;
  readonly port: number;
  /** The Deployment that a release changes; undefined: the Rollout holds the template. */
  readonly workload: string | undefined;
  /** In the order in which they are applied; the Rollout comes last. */
  readonly objects: readonly Written[];
  readonly perSecond: number;
  /** How many of them come from clients outside the mesh, 0..1. */
  readonly unmeshedShare: number;
  readonly stable: Quality;
  /** Undefined: as good as stable. */
  readonly release: Quality | undefined;
  readonly mode: MeshMode;
  readonly provider: ProviderName;
  readonly dialects: readonly MeshName[];
  /** Series that anything asks for. */
  readonly wanted: readonly string[];
  readonly scrapeMs: number;
  /** What its pauses take together. */
  readonly lengthMs: number;
  /** How long the old version stays warm. */
  readonly warmMs: number;
  /** Who has not come to an end by then never will. */
  readonly limitMs: number;
}

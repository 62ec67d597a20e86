import type { ProviderName } from '../../traffic/index.ts';
import type { Quality } from './quality.ts';

/** What the command line asks for. Plain data. */
export interface Settings {
  /** Undefined: the only one there is. */
  readonly rollout: string | undefined;
  /** Of objects that name none. */
  readonly namespace: string;
  /** Undefined: what the Rollout says. */
  readonly mesh: ProviderName | undefined;
  /** `stable`: the release is as good as the version before. */
  readonly release: Quality | 'stable';
  readonly stable: Quality;
  readonly perSecond: number;
  /** How many of them come from clients outside the mesh. Undefined: none. */
  readonly unmeshedShare?: number | undefined;
  /** Undefined: as many as are played in a few seconds. */
  readonly seeds: number | undefined;
  readonly firstSeed: number;
  /** After how long somebody resumes a `pause: {}`. */
  readonly resumeAfterMs: number;
}

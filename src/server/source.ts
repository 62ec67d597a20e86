import type { RolloutView } from '../core/view.ts';

export interface RolloutKey {
  readonly namespace: string;
  readonly name: string;
}

/** What this process knows of the Rollouts, kept up to date by its watches. */
export interface RolloutSource {
  /** The first lists are in. */
  readonly isSynced: boolean;
  /** Whether Rollouts of a namespace are watched here. */
  covers(namespace: string): boolean;
  /** By namespace, then by name. */
  keys(): readonly RolloutKey[];
  get(key: RolloutKey): RolloutView | undefined;
  /** Calls after every change of what `get` says of it, until the returned function is called. */
  watch(key: RolloutKey, onChange: () => void): () => void;
}

import type { ApiClient, KubeObject } from './client.ts';
import { type Change, inform } from './informer.ts';

export interface Version<T> {
  /** When the watch delivered it. */
  readonly at: number;
  readonly change: Change;
  readonly object: T;
  /** Comparable over all kinds: one counter of one etcd. */
  readonly resourceVersion: bigint;
  /** The watch broke before it, and versions between this one and the one before may be missing. */
  readonly isAfterGap: boolean;
}

/** Every version of every object of a collection, in the order of the server, for rules such as "no weight rises after a verdict". */
export interface Recorder<T> {
  versions(name?: string): readonly Version<T>[];
  stop(): void;
}

export async function recordVersions<T extends KubeObject>(client: ApiClient, collection: string): Promise<Recorder<T>> {
  const versions: Version<T>[] = [];
  const informer = inform<T>(client, collection, (change, object, isAfterGap) => {
    versions.push({ at: Date.now(), change, object, resourceVersion: BigInt(object.metadata.resourceVersion ?? '0'), isAfterGap });
  });
  await informer.synced;
  return {
    versions: (name) => versions.filter(({ object }) => name === undefined || object.metadata.name === name),
    stop: () => informer.stop(),
  };
}

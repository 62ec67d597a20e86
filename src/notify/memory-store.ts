import type { KubeClient, KubeFailure, KubeObject, Resource } from '../kube/index.ts';
import type { Result } from '../lib/index.ts';
import { hash31, ok } from '../lib/index.ts';
import type { Memory } from './memory.ts';
import { decodeMemory, encodeMemory } from './memory.ts';

/** Where memories outlive a leader. */
export interface MemoryStore {
  load(signal: AbortSignal): Promise<Result<ReadonlyMap<string, Memory>, KubeFailure>>;
  /** Undefined: the Rollout is gone. */
  save(uid: string, memory: Memory | undefined, signal: AbortSignal): Promise<Result<undefined, KubeFailure>>;
}

const configMaps: Resource = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true };

/** A ConfigMap holds 1 MiB; thousands of Rollouts with a few hundred bytes each are spread over these. */
const shards = 8;
export const memoryNames: readonly string[] = Array.from({ length: shards }, (_, shard) => `sluice-notified-${shard}`);
const shardOf = (uid: string): string => memoryNames[hash31(uid) % shards] ?? '';

/**
 * ConfigMaps in the namespace of the lease: nothing is added to what users own. Each Rollout has a key of its own, and only the leader, whose
 * client is fenced, writes.
 */
export function configMapMemories({
  client,
  namespace,
}: {
  readonly client: Pick<KubeClient, 'get' | 'patch' | 'create'>;
  readonly namespace: string;
}): MemoryStore {
  return {
    async load(signal) {
      const known = new Map<string, Memory>();
      for (const name of memoryNames) {
        const read = await client.get(configMaps, { namespace, name }, signal);
        if (!read.ok && read.failure.kind !== 'notFound') return read;
        for (const [uid, text] of read.ok ? entriesOf(read.value) : []) {
          const memory = decodeMemory(text);
          if (memory !== undefined) known.set(uid, memory);
        }
      }
      return ok(known);
    },
    async save(uid, memory, signal) {
      const name = shardOf(uid);
      const data = { [uid]: memory === undefined ? null : encodeMemory(memory) };
      const patched = await client.patch(configMaps, { namespace, name }, { data }, { type: 'merge' }, signal);
      if (patched.ok) return ok(undefined);
      if (patched.failure.kind !== 'notFound' || memory === undefined) return patched;
      const labels = { 'app.kubernetes.io/part-of': 'sluice' };
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels }, data };
      const created = await client.create(configMaps, namespace, body, {}, signal);
      return created.ok ? ok(undefined) : created;
    },
  };
}

const entriesOf = ({ data }: KubeObject): readonly (readonly [string, string])[] =>
  typeof data === 'object' && data !== null
    ? Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    : [];

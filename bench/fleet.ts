// Many Rollouts in one namespace of the bare control plane.
import { deployment, service } from '../test/cluster/kit/apps.ts';
import type { ApiClient } from '../test/cluster/kit/client.ts';
import { inform } from '../test/cluster/kit/informer.ts';
import { sleep, waitFor } from '../test/cluster/kit/wait.ts';
import { type Rollout, type RolloutOptions, rollout } from '../test/cluster/support/rollouts.ts';

export interface Fleet {
  readonly namespace: string;
  readonly names: readonly string[];
  /** Applies another template to each; `overMs`: one after another in that time, so that what follows does not come in step. */
  release(image: string, overMs?: number): Promise<void>;
  /** Until each one's status satisfies `is`. */
  until(what: string, is: (rollout: Rollout) => boolean): Promise<void>;
  stop(): void;
}

const inParallel = 12;

/** Prometheus has no series of this mesh, so a weight is confirmed by its lag bound, once that was found out. */
export const plainTraffic = { provider: 'generic', version: 'v1alpha4' };

export async function aFleet(admin: ApiClient, namespace: string, size: number, options: RolloutOptions = {}): Promise<Fleet> {
  const names = Array.from({ length: size }, (_, at) => `app-${String(at).padStart(3, '0')}`);
  const informer = inform<Rollout>(admin, `/apis/sluice.dev/v1alpha1/namespaces/${namespace}/rollouts`, () => {});
  await informer.synced;
  await inPools(names, async (name) => {
    await admin.apply(deployment(namespace, { name, replicas: 1 }), { manager: 'user' });
    await admin.apply(service(namespace, name, { app: name }), { manager: 'user' });
    await admin.apply(rollout(namespace, { traffic: plainTraffic, ...options, name }), { manager: 'user' });
  });
  return {
    namespace,
    names,
    release: async (image, overMs) => {
      const release = async (name: string) => void (await admin.apply(deployment(namespace, { name, image }), { manager: 'user' }));
      if (overMs === undefined) return inPools(names, release);
      const began = names.map(async (name, at) => {
        await sleep((overMs * at) / names.length);
        await release(name);
      });
      await Promise.all(began);
    },
    until: async (what, is) => {
      const isDone = () => {
        const items = [...informer.items.values()];
        return items.length === size && items.every(is);
      };
      await waitFor(`${size} Rollouts of ${namespace} ${what}`, isDone, { deadlineMs: 300_000 });
    },
    stop: () => informer.stop(),
  };
}

export async function makeNamespace(admin: ApiClient, name: string): Promise<void> {
  await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

async function inPools(names: readonly string[], act: (name: string) => Promise<void>): Promise<void> {
  const left = [...names];
  const work = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await act(name);
  };
  await Promise.all(Array.from({ length: inParallel }, work));
}

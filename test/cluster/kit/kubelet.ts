// The kubelet of the kit, a process of its own: every Pod bound to the node becomes real listeners on a Pod IP.

import { endWithParent, log, serveControl, settings, tellReady } from './child.ts';
import { apiClient, type ClientOptions } from './client.ts';
import { inform } from './informer.ts';
import { KUBELET_CONTROL, NODE_NAME } from './layout.ts';
import type { ConfigMap, Pod } from './pod-types.ts';
import { PodWorker } from './pod-worker.ts';

const client = apiClient(settings<ClientOptions>());
const workers = new Map<string, PodWorker>();
let nextAddress = 0;

/** Addresses go round the whole /16, so that one is not soon seen again with another Pod behind it. */
function takeAddress(): string {
  nextAddress = (nextAddress + 1) % 65_000;
  return `10.244.${Math.floor(nextAddress / 250)}.${(nextAddress % 250) + 1}`;
}

const configMaps = inform<ConfigMap>(client, '/api/v1/configmaps', () => {});
const secrets = inform<ConfigMap>(client, '/api/v1/secrets', () => {});

async function run(): Promise<void> {
  await Promise.all([configMaps.synced, secrets.synced]);
  const pods = inform<Pod>(client, `/api/v1/pods?fieldSelector=spec.nodeName%3D${NODE_NAME}`, (change, pod) => {
    const uid = pod.metadata.uid ?? '';
    const worker = workers.get(uid);
    if (change === 'deleted') {
      worker?.gone();
      workers.delete(uid);
    } else if (worker !== undefined) worker.update(pod);
    else workers.set(uid, new PodWorker({ client, pod, ip: takeAddress(), configMaps: configMaps.items, secrets: secrets.items }));
  });
  await pods.synced;
  await serveControl(KUBELET_CONTROL, {
    served: () => Object.fromEntries([...workers.values()].map((worker) => [worker.key, worker.served()])),
  });
  tellReady();
}

endWithParent();
process.on('unhandledRejection', (error) => log('unhandled', { error: String(error) }));
void run();

// One suite for what controllers and a kubelet make of objects, whoever they are: the sandbox's (npm test) and the real controller
// manager with the test bed's kubelet (npm run test:cluster). Where they differ the sandbox is wrong.
import { afterAll, beforeAll, describe } from 'vitest';
import { Ask } from './api-server/kit.ts';
import { deploymentsContract } from './workloads/deployments.contract.ts';
import { Cluster, type ClusterUnderTest } from './workloads/kit.ts';
import { endpointsContract, podsContract } from './workloads/pods.contract.ts';

export interface OpenedCluster {
  readonly cluster: ClusterUnderTest;
  close(): Promise<void>;
}

/** Each test works in a namespace of its own, which goes after the last one. */
export function workloadsContract(name: string, open: () => Promise<OpenedCluster>): void {
  describe(name, () => {
    let opened: OpenedCluster | undefined;
    const namespaces: string[] = [];
    const run = Math.floor(performance.now() * 1_000).toString(36);

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      const ask = opened === undefined ? undefined : new Ask(opened.cluster, 'default');
      for (const namespace of namespaces) await ask?.delete(`/api/v1/namespaces/${namespace}`);
      await opened?.close();
    });

    const cluster = async (what: string): Promise<Cluster> => {
      if (opened === undefined) throw new Error('the cluster is not open');
      const namespace = `w-${what}-${run}`;
      namespaces.push(namespace);
      const found = new Cluster(opened.cluster, namespace);
      await found.ask.made('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      await found.until('the account of pods', async () => (await found.ask.get(found.path('serviceaccounts', 'default'))).status === 200);
      return found;
    };

    describe('Deployments', () => deploymentsContract(cluster));
    describe('pods', () => podsContract(cluster));
    describe('endpoints', () => endpointsContract(cluster));
  });
}

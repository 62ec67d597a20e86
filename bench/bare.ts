// A control plane without controllers: etcd, kube-apiserver and the kinds. Deployments become ready by a fake kubelet of the bench, at once,
// so that hundreds of Rollouts fit on two cores and no figure waits for pods.
import { join } from 'node:path';
import { type ApiClient, apiClient } from '../test/cluster/kit/client.ts';
import { startControlPlane } from '../test/cluster/kit/control-plane.ts';
import { API_URL, type BedInfo } from '../test/cluster/kit/layout.ts';
import { installManifests } from '../test/cluster/kit/manifests.ts';
import { type FakeKubelet, fakeKubelet } from './fake-kubelet.ts';
import { fakePrometheus } from './fake-prometheus.ts';

export interface Bare {
  readonly admin: ApiClient;
  readonly info: BedInfo;
  readonly kubelet: FakeKubelet;
  stop(): Promise<void>;
}

export async function startBare(name: string): Promise<Bare> {
  const { SLUICE_BED_BINARIES: binaries, SLUICE_BED_RUN } = process.env;
  if (!binaries || !SLUICE_BED_RUN) throw new Error('start it by `npm run bench`');
  const runDir = join(SLUICE_BED_RUN, name);
  const plane = await startControlPlane({ binaries, runDir });
  await installManifests(plane.admin);
  const caFile = plane.certificates.file('ca.crt');
  const client = apiClient({ url: API_URL, caFile, token: plane.tokens['bed-kubelet'], userAgent: 'bench-kubelet' });
  const kubelet = await fakeKubelet(client);
  const prometheus = await fakePrometheus();
  return {
    admin: plane.admin,
    kubelet,
    info: {
      ...{
        ground: 'cluster',
        runDir,
        repository: process.cwd(),
        apiUrl: API_URL,
        caFile,
        tokens: plane.tokens,
        kubeconfigs: plane.kubeconfigs,
      },
      ...{
        auditFile: plane.auditFile,
        prometheusUrl: prometheus.url,
        controlUrl: '',
        meshUrl: '',
        ownAddress: undefined,
        startedAt: Date.now(),
      },
    },
    stop: async () => {
      kubelet.stop();
      await prometheus.close();
      await client.close();
      await plane.stop();
    },
  };
}

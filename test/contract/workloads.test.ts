import { seededRandom } from '../../src/lib/index.ts';
import type { ApiRequest } from '../../src/sandbox/api/index.ts';
import { createSandbox } from '../../src/sandbox/cluster.ts';
import { StepClock } from '../../src/sandbox/time/index.ts';
import { type OpenedCluster, workloadsContract } from './workloads.contract.ts';

async function sandbox(): Promise<OpenedCluster> {
  const clock = new StepClock();
  const { api, faults, stop } = createSandbox({ clock, random: seededRandom(1), metrics: null });
  const pass = async (ms: number) => clock.runFor(ms);
  return {
    cluster: {
      send: async ({ user: _, ...request }) => structuredClone(api.request(request as ApiRequest)),
      watch: async () => {
        throw new Error('nobody asked for watches here');
      },
      async eventually(what, ask) {
        for (let turn = 0; turn < 1_200; turn += 1) {
          if (await ask()) return;
          await pass(100);
        }
        throw new Error(`never: ${what}`);
      },
      pass,
      quota: async (namespace, most) => faults.quota(namespace, most),
    },
    close: async () => stop(),
  };
}

workloadsContract('the sandbox', sandbox);

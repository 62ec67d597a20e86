// The contract of controllers and kubelet, held against the real controller manager and the kubelet of the kit: what the sandbox is
// measured by.
import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { workloadsContract } from '../contract/workloads.contract.ts';
import { httpServer } from '../support/http-under-test.ts';
import { openBed } from './kit/bed.ts';
import { waitFor } from './kit/wait.ts';

workloadsContract('the real controllers', async () => {
  const bed = openBed(inject('bed'));
  const { apiUrl: url, caFile, tokens } = bed.info;
  const { admin, alice, bob } = tokens;
  const client = httpServer({ url, ca: readFileSync(caFile), tokens: { admin, alice, bob, nobody: 'no-token' } });
  return {
    cluster: {
      ...client.server,
      async quota(namespace, most) {
        const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
        const hard = { pods: String(most) };
        await client.server.send({
          ...{ method: 'POST', path, headers: { 'content-type': 'application/json' } },
          body: { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'pods' }, spec: { hard } },
        });
        // Until it is counted once, it allows nothing at all.
        await waitFor(`the quota of ${namespace} to count`, async () => {
          const { body } = await client.server.send({ method: 'GET', path: `${path}/pods` });
          return JSON.stringify(body).includes('"used"');
        });
      },
    },
    close: async () => {
      await client.close();
      await bed.close();
    },
  };
});

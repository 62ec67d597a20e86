// The contract of an API server, held against the real one: what the sandbox is measured by.
import { readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { contractDefinitions } from '../contract/api-server/objects.ts';
import { apiServerContract } from '../contract/api-server.contract.ts';
import { definitions } from '../support/definitions.ts';
import { httpServer } from '../support/http-under-test.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { waitFor } from './kit/wait.ts';

const crdPath = (name: string): string => `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

apiServerContract('the real API server', async () => {
  const bed = openBed(inject('bed'));
  const { apiUrl: url, caFile, tokens } = bed.info;
  for (const definition of [...definitions(), ...contractDefinitions]) {
    const object = definition as KubeObject;
    await bed.admin.apply(object, { manager: 'contract' });
    await waitFor(`${object.metadata.name} to be established`, async () => {
      const { status } = await bed.admin.get<Definition>(crdPath(object.metadata.name));
      return status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True');
    });
  }
  const { admin, alice, bob } = tokens;
  const client = httpServer({ url, ca: readFileSync(caFile), tokens: { admin, alice, bob, nobody: 'no-token' } });
  return {
    server: client.server,
    close: async () => {
      await client.close();
      await bed.close();
    },
  };
});

// One suite for what an API server does, whoever it is: the sandbox's (npm test) and the real kube-apiserver (npm run test:cluster).
// Where they differ the sandbox is wrong.
import { afterAll, beforeAll, describe } from 'vitest';
import { applyContract } from './api-server/apply.contract.ts';
import { deletionContract } from './api-server/deletion.contract.ts';
import { Ask, type ServerUnderTest } from './api-server/kit.ts';
import { objectsContract } from './api-server/objects.contract.ts';
import { othersContract } from './api-server/others.contract.ts';
import { patchesContract } from './api-server/patches.contract.ts';
import { readsContract } from './api-server/reads.contract.ts';
import { schemaContract } from './api-server/schema.contract.ts';
import { watchesContract } from './api-server/watches.contract.ts';

export interface OpenedServer {
  readonly server: ServerUnderTest;
  close(): Promise<void>;
}

/** The contract of an API server. Each test works in a namespace of its own, which goes after the last one. */
export function apiServerContract(name: string, open: () => Promise<OpenedServer>): void {
  describe(name, () => {
    let opened: OpenedServer | undefined;
    let count = 0;
    const namespaces: string[] = [];
    const run = Math.floor(performance.now() * 1_000).toString(36);

    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      const ask = opened === undefined ? undefined : new Ask(opened.server, 'default');
      for (const namespace of namespaces) await ask?.delete(`/api/v1/namespaces/${namespace}`);
      await opened?.close();
    });

    const ask = async (what: string): Promise<Ask> => {
      if (opened === undefined) throw new Error('the server is not open');
      count += 1;
      const namespace = `c-${what}-${run}-${count}`;
      namespaces.push(namespace);
      const asking = new Ask(opened.server, namespace);
      await asking.made('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      return asking;
    };

    describe('objects', () => objectsContract(ask));
    describe('patches', () => patchesContract(ask));
    describe('schemas', () => schemaContract(ask));
    describe('reads', () => readsContract(ask));
    describe('watches', () => watchesContract(ask));
    describe('deletion', () => deletionContract(ask));
    describe('server-side apply', () => applyContract(ask));
    describe('other things', () => othersContract(ask));
  });
}

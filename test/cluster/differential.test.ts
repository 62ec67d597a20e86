// Random requests, the same ones to the real API server and to the sandbox's: each answer must be the same, whole.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, inject, test } from 'vitest';
import { compareServers } from '../contract/api-server/differential.ts';
import { contractDefinitions } from '../contract/api-server/objects.ts';
import type { OpenedServer } from '../contract/api-server.contract.ts';
import { httpServer } from '../support/http-under-test.ts';
import { directServer } from '../support/sandbox-servers.ts';
import { openBed } from './kit/bed.ts';
import type { KubeObject } from './kit/client.ts';
import { waitFor } from './kit/wait.ts';

const bed = openBed(inject('bed'));
const { admin, alice, bob } = bed.info.tokens;
const real = httpServer({ url: bed.info.apiUrl, ca: readFileSync(bed.info.caFile), tokens: { admin, alice, bob, nobody: 'no-token' } });
let sandbox: OpenedServer;

beforeAll(async () => {
  sandbox = await directServer();
  for (const definition of contractDefinitions) await bed.admin.apply(definition as unknown as KubeObject, { manager: 'contract' });
  await waitFor('gadgets to be served', async () => (await bed.admin.raw('GET', '/apis/contract.sluice.test/v1/gadgets')).status === 200);
});
afterAll(async () => {
  await real.close();
  await sandbox.close();
  await bed.close();
});

const steps = Number(process.env.SLUICE_DIFFERENTIAL_STEPS ?? 60);
const seeds = Number(process.env.SLUICE_DIFFERENTIAL_SEEDS ?? 20);
const first = Number(process.env.SLUICE_DIFFERENTIAL_FIRST ?? 1);

test.each(Array.from({ length: seeds }, (_, index) => first + index))('seed %i', (seed) =>
  compareServers(real.server, sandbox.server, { seed, steps }),
);

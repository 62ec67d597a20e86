// Random requests, the same ones to the real API server and to the sandbox's: each answer must be the same, whole.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { seededRandom } from '../../src/lib/index.ts';
import { Eraser, nextRequest } from '../contract/api-server/differential.ts';
import { type Doc, isDoc, type Reply, type ServerUnderTest } from '../contract/api-server/kit.ts';
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

test.each(Array.from({ length: seeds }, (_, index) => first + index))('seed %i', async (seed) => {
  const namespace = `d-${seed}-${Math.floor(performance.now())}`;
  const create = {
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  } as const;
  const sides = [real.server, sandbox.server].map((server) => ({
    server,
    // One stream of chance each: the requests are the same as long as the answers are.
    random: seededRandom(seed),
    eraser: new Eraser(namespace),
    last: new Map<string, Doc>(),
  }));
  for (const { server } of sides) await server.send({ ...create, headers: { 'content-type': 'application/json' } });
  const trail: string[] = [];
  for (let step = 0; step < steps; step++) {
    const answers: unknown[] = [];
    for (const side of sides) {
      const request = nextRequest(side.random, namespace, (name) => side.last.get(name));
      const reply = await side.server.send(request);
      remember(side.last, request.path, reply);
      answers.push(side.eraser.reply(reply));
      if (side === sides[0])
        trail.push(
          `${step}: ${request.method} ${request.path} ${JSON.stringify(request.query ?? {})} ${JSON.stringify(request.body)} -> ${reply.status}`,
        );
    }
    expect(answers[1], trail.slice(-8).join('\n')).toEqual(answers[0]);
  }
  await cleanUp(real.server, namespace);
});

function remember(last: Map<string, Doc>, path: string, { status, body }: Reply): void {
  if (status >= 300 || !isDoc(body) || body.kind !== 'Gadget' || !isDoc(body.metadata) || body.apiVersion !== 'contract.sluice.test/v1')
    return;
  if (path.includes('/gadgets')) last.set(String(body.metadata.name), body);
}

async function cleanUp(server: ServerUnderTest, namespace: string): Promise<void> {
  for (const name of ['a', 'b', 'c'])
    for (const plural of ['gadgets', 'configmaps', 'services'])
      await server.send({
        method: 'PATCH',
        path:
          plural === 'gadgets'
            ? `/apis/contract.sluice.test/v1/namespaces/${namespace}/gadgets/${name}`
            : `/api/v1/namespaces/${namespace}/${plural}/${name}`,
        body: { metadata: { finalizers: null } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
  await server.send({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
}

// node scripts/run.mjs test/support/sandbox-server.ts [PORT]: the sandbox's API server over HTTP, with our kinds and TrafficSplit, for a
// look around with kubectl, curl or the shipped controller. Prints the kubeconfig that finds it. Ends with Ctrl-C.
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, systemClock } from '../../src/lib/index.ts';
import { createApiServer, createLine, serveHttp } from '../../src/sandbox/api/index.ts';
import { definitions } from './definitions.ts';

const clock = systemClock;
const server = createApiServer({ clock, random: seededRandom(clock.nowMs()), objects: definitions() });
const api = await serveHttp(createLine({ port: server, clock }), { port: Number(process.argv[2] ?? 0) });
const kubeconfig = join(tmpdir(), `sluice-sandbox-${new URL(api.url).port}.kubeconfig`);
const cluster = { name: 'sandbox', cluster: { server: api.url } };
const context = { name: 'sandbox', context: { cluster: 'sandbox', user: 'admin', namespace: 'default' } };
const users = [{ name: 'admin', user: {} }];
const file = { apiVersion: 'v1', kind: 'Config', clusters: [cluster], contexts: [context], users, 'current-context': 'sandbox' };
writeFileSync(kubeconfig, JSON.stringify(file));
process.stdout.write(`export KUBECONFIG=${kubeconfig}\n`);
process.once('SIGINT', () => void api.close());
process.once('SIGTERM', () => void api.close());

// Boots one sandbox as a bed: a process (server.ts), and what tests reach it by.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { apiClient } from '../client.ts';
import type { Host } from '../host.ts';
import type { BedInfo } from '../layout.ts';
import { installManifests } from '../manifests.ts';
import { startProcess } from '../process.ts';
import { kubeconfig, ofUsers } from '../users.ts';
import type { SandboxSettings, SandboxUrls } from './server.ts';

function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flat();
  return all.find((one) => one?.family === 'IPv4' && !one.internal)?.address;
}

/** The program of `startSandbox`, made once for all of them. */
export async function bundleSandbox(folder: string): Promise<string> {
  const outfile = join(folder, 'sandbox.cjs');
  await build({
    entryPoints: [join(process.cwd(), 'test/cluster/kit/sandbox/server.ts')],
    outfile,
    ...{ bundle: true, platform: 'node', format: 'cjs', target: 'node20', sourcemap: 'inline', logLevel: 'warning' },
  });
  return outfile;
}

export async function startSandbox(program: string, runDir: string): Promise<Host> {
  mkdirSync(runDir, { recursive: true });
  const tokens = ofUsers((user) => `${user}-${randomBytes(12).toString('hex')}`);
  const auditFile = join(runDir, 'audit.jsonl');
  const options: SandboxSettings = { runDir, auditFile, tokens };
  const server = startProcess({
    name: 'sandbox',
    command: process.execPath,
    args: ['--enable-source-maps', program, JSON.stringify(options)],
    logDir: join(runDir, 'logs'),
    ipc: true,
  });
  const urls = await Promise.race([
    new Promise<SandboxUrls>((resolve) => server.child.once('message', (message) => resolve(message as SandboxUrls))),
    server.ended.then(() => undefined),
  ]);
  if (urls === undefined) throw new Error(`the sandbox did not start:\n${server.tail()}`);
  const kubeconfigs = ofUsers((user) => {
    const file = join(runDir, `${user}.kubeconfig`);
    writeFileSync(file, kubeconfig({ server: urls.apiUrl, caFile: '', token: tokens[user] }));
    return file;
  });
  const admin = apiClient({ url: urls.apiUrl, caFile: '', token: tokens.admin });
  // Those of the meshes it has by itself.
  await installManifests(admin, ['crds']);
  await admin.close();
  const info: BedInfo = {
    ...{ ground: 'sandbox', runDir, repository: process.cwd(), caFile: '', tokens, kubeconfigs, auditFile },
    ...urls,
    ownAddress: ownAddress(),
    startedAt: Date.now(),
  };
  return { info, stop: async () => void (await server.stop(3_000)) };
}

// The program under test: `node dist/sluice.js controller` as a child process of the scenario.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiClient } from './client.ts';
import type { BedInfo } from './layout.ts';
import { freePort } from './ports.ts';
import { answers, type Process, type ProcessEnd, ready, startProcess } from './process.ts';
import { kubeconfig } from './users.ts';

export interface ControllerOptions {
  /** Watched namespaces; default: the scenario's own. */
  readonly namespaces?: readonly string[];
  readonly replicas?: number;
  /** More flags, last, so that they win. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default dist/sluice.js; a mutant of it in tests of the tests. */
  readonly program?: string;
  /** Default: on where there is more than one replica. */
  readonly leaderElection?: boolean;
  /** The prefix of the replicas' `--identity`; default: the scenario's name. */
  readonly identity?: string;
  /** Other ways to Prometheus ('': none) and to the API server, such as an outage's. */
  readonly prometheus?: string;
  readonly server?: string;
  /** A service account that exists, with whatever permissions it has; default: one of the kit's, cluster administrator. */
  readonly account?: { readonly namespace: string; readonly name: string };
}

/** One replica. */
export interface Replica {
  readonly identity: string;
  readonly url: string;
  readonly pid: () => number;
  isRunning(): boolean;
  start(): Promise<void>;
  waitReady(): Promise<void>;
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Resolves once it has ended. */
  ended(): Promise<ProcessEnd>;
  restart(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  log(): string;
}

export interface Controller {
  readonly replicas: readonly Replica[];
  /** As the API server knows it: for the audit log. */
  readonly user: string;
  /** The first replica, where one is enough. */
  readonly only: Replica;
  stop(): Promise<void>;
}

/** A service account `sluice` of the namespace, cluster administrator. */
async function administrator(admin: ApiClient, namespace: string): Promise<{ namespace: string; name: string }> {
  const name = 'sluice';
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
  await admin.apply(account, { manager: 'bed' });
  await admin.apply(
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `bed-${namespace}-${name}` },
      ...{
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    },
    { manager: 'bed' },
  );
  return { namespace, name };
}

/** A kubeconfig with a token of a service account, as a Pod would have; its context's namespace is the scenario's. */
export async function serviceAccountKubeconfig(
  admin: ApiClient,
  info: BedInfo,
  namespace: string,
  { server, account }: Pick<ControllerOptions, 'server' | 'account'> = {},
): Promise<string> {
  const who = account ?? (await administrator(admin, namespace));
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 86_400 } };
  const answer = await admin.raw('POST', `/api/v1/namespaces/${who.namespace}/serviceaccounts/${who.name}/token`, request);
  const { status } = JSON.parse(answer.body) as { status: { token: string } };
  const dir = join(info.runDir, 'kubeconfigs');
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${namespace}-${who.namespace}-${who.name}`);
  writeFileSync(file, kubeconfig({ server: server ?? info.apiUrl, caFile: info.caFile, token: status.token, namespace }));
  return file;
}

export async function startController(
  admin: ApiClient,
  info: BedInfo,
  namespace: string,
  options: ControllerOptions = {},
): Promise<Controller> {
  // SLUICE_BED_PROGRAM: a mutant of the product, in tests of the tests (mutants.ts).
  const program = options.program ?? process.env.SLUICE_BED_PROGRAM ?? join(info.repository, 'dist/sluice.js');
  if (!existsSync(program)) throw new Error(`${program} does not exist: run \`npm run build\` first`);
  const config = await serviceAccountKubeconfig(admin, info, namespace, options);
  const count = options.replicas ?? 1;
  const election = options.leaderElection ?? count > 1;
  const replicas = await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const identity = `${options.identity ?? namespace}-${at}`;
      const listen = `127.0.0.1:${await freePort()}`;
      const args = [
        program,
        'controller',
        '--kubeconfig',
        config,
        ...(options.prometheus === '' ? [] : ['--prometheus-address', options.prometheus ?? info.prometheusUrl]),
        '--listen',
        listen,
        '--identity',
        identity,
        '--log-level',
        'debug',
      ];
      const scope = (options.namespaces ?? [namespace]).flatMap((each) => ['--namespace', each]);
      // SLUICE_BED_NODE_FLAGS: `--cpu-prof --cpu-prof-dir=/tmp/x`, say, to see where the time goes.
      const flags = (process.env.SLUICE_BED_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== '');
      const all = [...flags, '--enable-source-maps', ...args, ...scope, '--leader-election', String(election), ...(options.args ?? [])];
      return replica({ identity, listen, args: all, logDir: join(info.runDir, 'logs'), env: options.env ?? {} });
    }),
  );
  for (const each of replicas) await each.start();
  const [only] = replicas;
  if (only === undefined) throw new Error('a controller needs at least one replica');
  return {
    replicas,
    only,
    user: `system:serviceaccount:${options.account?.namespace ?? namespace}:${options.account?.name ?? 'sluice'}`,
    stop: async () => {
      const running = replicas.filter((each) => each.isRunning());
      for (const each of running) {
        each.kill('SIGCONT');
        each.kill('SIGTERM');
      }
      await Promise.all(running.map((each) => each.ended()));
    },
  };
}

function replica(options: {
  identity: string;
  listen: string;
  args: readonly string[];
  logDir: string;
  env: Readonly<Record<string, string>>;
}): Replica {
  let current: Process | undefined;
  const running = (): Process => {
    if (current === undefined) throw new Error(`${options.identity} was never started`);
    return current;
  };
  const self: Replica = {
    identity: options.identity,
    url: `http://${options.listen}`,
    pid: () => running().pid,
    isRunning: () => current?.isRunning() ?? false,
    start: async () => {
      if (current?.isRunning()) return;
      current = startProcess({
        name: `controller-${options.identity}`,
        command: process.execPath,
        args: options.args,
        logDir: options.logDir,
        env: options.env,
      });
    },
    waitReady: () => ready(running(), () => answers(`http://${options.listen}/readyz`)),
    kill: (signal) => running().signal(signal),
    ended: () => running().ended,
    restart: async (signal = 'SIGKILL') => {
      running().signal(signal);
      await running().ended;
      await self.start();
    },
    log: () => running().log(),
  };
  return self;
}

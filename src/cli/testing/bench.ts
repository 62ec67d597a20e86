import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decisions, renderCrds, renderRbac, rollouts } from '../../api/index.ts';
import type { DecisionStatus } from '../../core/decision.ts';
import type { Resource } from '../../kube/index.ts';
import { seededRandom, systemClock } from '../../lib/index.ts';
import {
  type ApiDraft,
  type ApiObject,
  type ApiServer,
  createApiServer,
  createDirectClient,
  createLine,
  type DirectClient,
  serveHttp,
} from '../../sandbox/api/index.ts';
import type { Out, Outside } from '../outside.ts';
import { runCli } from '../program.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly as?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly program?: string;
  readonly stdin?: string;
  /** A terminal of this size; left out: a pipe. */
  readonly terminal?: { readonly columns: number; readonly rows: number };
  /** Called with what has been printed so far, after each piece. */
  readonly onOut?: (text: string, interrupt: () => void) => void;
  readonly onErr?: (text: string) => void;
}

/** An API server over real HTTP, with our kinds and permissions, and people who may do different things. */
export interface Bench {
  readonly url: string;
  readonly server: ApiServer;
  /** A file by which that person reaches it. */
  kubeconfigOf(name: string): string;
  /** An administrator's. */
  readonly api: DirectClient;
  /** Runs the program as alice, or as whom `options.as` names. */
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Whatever a Decision is, it is answered like this from now on. */
  answer(how: (decision: ApiObject) => DecisionStatus | undefined): void;
  /** Creates or replaces it, status included. */
  put(resource: Resource, object: ApiDraft): ApiObject;
  /** Nobody listens there any more. */
  stop(): Promise<void>;
  /** Somebody listens there again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

const people = ['alice', 'bob', 'mallory'];

export async function aBench(options: { readonly withoutKinds?: boolean } = {}): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  const user = (username: string) => ({ username, groups: ['system:authenticated'] });
  const objects = [...(options.withoutKinds ? [] : renderCrds()), ...renderRbac('sluice-system'), ...bindings, shop];
  const server = createApiServer({
    ...{ clock: systemClock, random: seededRandom(1), authorization: 'rbac', objects },
    users: Object.fromEntries(people.map((name) => [`token-of-${name}`, user(name)])),
  });
  const api = createDirectClient(server);
  const line = createLine({ port: server, clock: systemClock });
  let http = await serveHttp(line);
  const { url } = http;
  const kubeconfigOf = (name: string) => {
    const file = join(folder, `${name}.kubeconfig`);
    const context = { cluster: 'bench', user: name, namespace: 'shop' };
    const content = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'bench' },
      clusters: [{ name: 'bench', cluster: { server: url } }],
      users: [{ name, user: { token: `token-of-${name}` } }],
      contexts: [{ name: 'bench', context }],
    };
    writeFileSync(file, JSON.stringify(content));
    return file;
  };
  return {
    ...{ url, server, api, kubeconfigOf },
    run: (args, given = {}) => runWith(args, { ...given, env: { KUBECONFIG: kubeconfigOf(given.as ?? 'alice'), ...given.env } }),
    answer(how) {
      server.store.onCommit(({ object }) => {
        const decision = object as ApiObject;
        if (decision.kind !== 'Decision' || decision.status !== undefined || decision.metadata.deletionTimestamp !== undefined) return;
        const status = how(decision);
        const { name, namespace } = decision.metadata;
        if (status !== undefined)
          queueMicrotask(() => void api.patch(decisions, { name, namespace }, { status: { ...status } }, { subresource: 'status' }));
      });
    },
    put(resource, object) {
      const { name = '', namespace } = object.metadata;
      if (api.get(resource, { name, namespace }) !== undefined) api.delete(resource, { name, namespace });
      const made = api.create(resource, object);
      if (!made.ok) throw new Error(made.failure.message);
      if (object.status === undefined || !resource.namespaced) return made.value;
      const whole = api.patch(resource, { name, namespace }, { status: object.status }, { subresource: 'status' });
      if (!whole.ok) throw new Error(whole.failure.message);
      return whole.value;
    },
    stop: () => http.close(),
    async restart() {
      http = await serveHttp(line, { port: Number(new URL(url).port) });
    },
    async close() {
      await http.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The program without any cluster of its own. */
export async function runWith(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const written = { out: '', err: '' };
  let interrupt = () => {};
  const into = (name: 'out' | 'err'): Out =>
    ({
      write(text: string | Uint8Array) {
        written[name] += String(text);
        if (name === 'out') options.onOut?.(written.out, () => interrupt());
        else options.onErr?.(written.err);
        return true;
      },
      ...(options.terminal === undefined ? {} : { isTTY: true, ...options.terminal }),
      on() {},
      off() {},
    }) as unknown as Out;
  const outside: Outside = {
    program: options.program ?? 'sluice',
    stdin: bytes(options.stdin ?? ''),
    ...{ stdout: into('out'), stderr: into('err') },
    env: options.env ?? {},
    clock: systemClock,
    onInterrupt(stop) {
      interrupt = stop;
      return () => {
        interrupt = () => {};
      };
    },
  };
  const code = await runCli(args, outside);
  return { code, ...written };
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

/** alice operates, bob approves, mallory sees nothing. */
const bindings = [
  ['alice', 'sluice-operator'],
  ['alice', 'cluster-viewer'],
  ['bob', 'sluice-approver'],
]
  .map(([name, role]) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `${name}-${role}` },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  }))
  .concat([
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'cluster-viewer' },
      rules: [{ apiGroups: ['', 'apps'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
    } as never,
  ]);

type Members = Readonly<Record<string, unknown>>;

/** A Rollout in the middle of its canary. */
export const aRollout = (name: string, { status = {}, spec = {} }: { status?: Members; spec?: Members } = {}): ApiDraft => ({
  apiVersion: 'sluice.dev/v1alpha1',
  kind: 'Rollout',
  metadata: { name, namespace: 'shop' },
  spec: {
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    replicas: 4,
    service: { name },
    traffic: { smi: {} },
    strategy: { canary: { steps: [{ setWeight: 10 }, { pause: {} }, { setWeight: 50 }, { pause: { duration: '5m' } }] } },
    ...spec,
  },
  status: {
    observedGeneration: 1,
    phase: 'Paused',
    message: `step 2/4: 10 % to 7c9d2f41aa, waiting for a decision`,
    conditions: [],
    stableRevision: '6d5f0c9b1e',
    canaryRevision: '7c9d2f41aa',
    attempt: 1,
    epoch: 1,
    step: { index: 1, total: 4, label: '2/4', kind: 'pause', startedAt: '2026-01-01T00:00:00.000Z' },
    weight: { desired: 10, written: 10, observed: 9.7, confirmedBy: 'Metrics', confirmedAt: '2026-01-01T00:00:00.000Z' },
    replicas: 4,
    readyReplicas: 4,
    ...status,
  },
});

export const put = (bench: Bench, object: ApiDraft): ApiObject => bench.put(rollouts, object);

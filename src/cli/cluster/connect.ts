import {
  createKubeClient,
  HttpTransport,
  type KubeClient,
  type KubeFailure,
  type KubeObject,
  loadCredentials,
  type Resource,
  resourcePath,
} from '../../kube/index.ts';
import { type Clock, fail, isObject, ok, type Result, silentLogger, systemRandom } from '../../lib/index.ts';
import { complaint } from './complaint.ts';
import type { ClusterFlags } from './flags.ts';

/** One API server, as one user. */
export interface Cluster {
  readonly client: KubeClient;
  readonly server: string;
  readonly context: string;
  readonly namespace: string;
  /** One object, asked for once: a person who waits wants to hear that nobody answers. */
  read(resource: Resource, ref: { readonly namespace?: string; readonly name: string }): Promise<Result<KubeObject, KubeFailure>>;
  /** All objects of a kind; undefined: in all namespaces. */
  list(resource: Resource, namespace: string | undefined, labelSelector?: string): Promise<Result<readonly KubeObject[], KubeFailure>>;
  /** The name by which the API server knows the caller. */
  whoAmI(): Promise<Result<string, KubeFailure>>;
  explain(failure: KubeFailure, doing: string): string;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Of one request. */
  readonly deadlineMs?: number;
}

const usualDeadlineMs = 15_000;

export async function connect(flags: ClusterFlags, options: ConnectOptions): Promise<Result<Cluster, string>> {
  const { env, clock, deadlineMs = usualDeadlineMs } = options;
  const loaded = await loadCredentials({ kubeconfig: flags.kubeconfig, context: flags.context, clock, env });
  if (!loaded.ok) return fail(loaded.failure.message);
  const { server, credentials, proxyUrl, currentContext, check, namespace } = loaded.value;
  const checked = check();
  if (!checked.ok) return fail(checked.failure.message);
  const userAgent = `sluice-cli/${process.env.SLUICE_VERSION ?? 'dev'}`;
  const transport = new HttpTransport({ server, credentials, clock, proxyUrl, userAgent });
  const client = createKubeClient({ transport, clock, random: systemRandom, log: silentLogger });
  const place = { server, context: currentContext };
  return ok({
    ...{ client, server, context: currentContext, namespace: flags.namespace ?? namespace },
    async read(resource, ref) {
      const reply = await client.raw('GET', resourcePath(resource, ref), { retry: false, deadlineMs });
      return reply.ok ? ok(reply.value as KubeObject) : reply;
    },
    async list(resource, of, labelSelector) {
      const page = await client.listPage(resource, { namespace: of, labelSelector, limit: undefined, retry: false, deadlineMs });
      return page.ok ? ok(page.value.items) : page;
    },
    whoAmI: () => nameOfCaller(client, deadlineMs),
    explain: (failure, doing) => complaint(failure, doing, place),
    close: () => transport.close(),
  });
}

const reviewPath = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

async function nameOfCaller(client: KubeClient, deadlineMs: number): Promise<Result<string, KubeFailure>> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const reply = await client.raw('POST', reviewPath, { body, retry: false, deadlineMs });
  if (!reply.ok) return reply;
  const status = isObject(reply.value) && isObject(reply.value.status) ? reply.value.status : {};
  const user = isObject(status.userInfo) ? status.userInfo.username : undefined;
  return typeof user === 'string' ? ok(user) : fail({ kind: 'protocol', message: 'the review of who is asking names nobody' });
}

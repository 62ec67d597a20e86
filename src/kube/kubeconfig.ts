import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { type Clock, systemClock } from '../lib/clock.ts';
import { isObject } from '../lib/json.ts';
import { fail, ok, type Result } from '../lib/result.ts';
import { CachedCredentials, type FetchedAccess } from './cached-credentials.ts';
import { checkCommand, checkTls } from './credential-check.ts';
import { type ExecPlugin, runExecPlugin } from './exec-credential.ts';
import { type KubeFailure, localFailure } from './failure.ts';
import type { Credentials, TlsMaterial } from './transport.ts';

export interface LoadOptions {
  /** A file; else `KUBECONFIG`, else `~/.kube/config`, else the service account of the pod. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface LoadedCredentials {
  readonly server: string;
  readonly credentials: Credentials;
  /** The context's own, or `default`. */
  readonly namespace: string;
  readonly currentContext: string;
  readonly proxyUrl?: string;
  /**
   * Reads once what the credentials are made of, and asks nobody: a file that is not there at the start is a mistake, one that is missing
   * later is being replaced.
   */
  check(): Result<void, KubeFailure>;
}

type Fields = Record<string, unknown>;
type Fetched = Promise<Result<FetchedAccess, KubeFailure>>;

const tokenFilePath = '/var/run/secrets/kubernetes.io/serviceaccount/token';
// As client-go: projected tokens are replaced long before they end.
const fileMaxAgeMs = 60_000;
const pluginMaxAgeMs = 10_000;

/**
 * Where the API server is and how to log in to it. The one place that knows client-node, of which only the reading of kubeconfig
 * files and the legacy auth providers are used; it is loaded here and not before, since it takes most of a second.
 */
export async function loadCredentials(options: LoadOptions = {}): Promise<Result<LoadedCredentials, KubeFailure>> {
  const { KubeConfig } = await import('./client-node.ts');
  try {
    const config = new KubeConfig();
    const files = kubeconfigFiles(options);
    const rawUsers = new Map<string, Fields>();
    if (files.length > 0) readFiles({ config, create: () => new KubeConfig(), files, rawUsers });
    else if (existsSync(tokenFilePath)) config.loadFromCluster();
    else return refuse('no kubeconfig was found, and this is no pod with a service account');
    if (options.context !== undefined) config.setCurrentContext(options.context);
    return assemble(config, rawUsers, options.clock ?? systemClock);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/** The contexts that could be asked for; none where no file can be read. */
export function contextNames(options: LoadOptions = {}): readonly string[] {
  try {
    return kubeconfigFiles(options).flatMap((file) => {
      const document: unknown = parse(readFileSync(file, 'utf8'));
      const contexts = isObject(document) && Array.isArray(document.contexts) ? document.contexts.filter(isObject) : [];
      return contexts.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
    });
  } catch {
    return [];
  }
}

const refuse = (message: string) => fail(localFailure('invalid', `kubeconfig: ${message}`, 'Kubeconfig'));

function kubeconfigFiles({ kubeconfig, env = process.env }: LoadOptions): readonly string[] {
  if (kubeconfig !== undefined) return [kubeconfig];
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  const candidates = named.length > 0 ? named : [join(env.HOME ?? homedir(), '.kube', 'config')];
  return candidates.filter((file) => existsSync(file));
}

/** As kubectl merges: of two entries with one name the first counts. client-node would throw. */
function readFiles(reading: {
  config: KubeConfig;
  create: () => KubeConfig;
  files: readonly string[];
  rawUsers: Map<string, Fields>;
}): void {
  const { config, create, files, rawUsers } = reading;
  const parts = files.map((file) => {
    const part = create();
    part.loadFromFile(file);
    for (const [name, user] of rawUsersOf(file)) if (!rawUsers.has(name)) rawUsers.set(name, user);
    return part;
  });
  config.loadFromOptions({
    clusters: firstByName(parts.flatMap((part) => part.clusters ?? [])),
    users: firstByName(parts.flatMap((part) => part.users ?? [])),
    contexts: firstByName(parts.flatMap((part) => part.contexts ?? [])),
    currentContext: parts.map((part) => part.currentContext).find((name) => name) ?? '',
  });
}

function firstByName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  return entries.filter((entry, index) => entries.findIndex((other) => other.name === entry.name) === index);
}

/** What client-node leaves out of users: `tokenFile`, and where relative paths start. */
function rawUsersOf(file: string): readonly (readonly [string, Fields])[] {
  const document: unknown = parse(readFileSync(file, 'utf8'));
  const users = isObject(document) && Array.isArray(document.users) ? document.users.filter(isObject) : [];
  return users.flatMap(({ name, user }) =>
    typeof name === 'string' && isObject(user) ? [[name, { ...user, directory: dirname(file) }] as const] : [],
  );
}

function assemble(config: KubeConfig, rawUsers: ReadonlyMap<string, Fields>, clock: Clock): Result<LoadedCredentials, KubeFailure> {
  const { currentContext } = config;
  const context = config.getContextObject(currentContext);
  const cluster = config.getCurrentCluster();
  if (!context || !cluster) return refuse(`there is no context ${currentContext || '(none is set)'}`);
  const { server, proxyUrl } = cluster;
  if (!/^https?:\/\//.test(server)) return refuse(`the server ${server} is no http or https address`);
  if (proxyUrl !== undefined && !/^https?:\/\//.test(proxyUrl)) return refuse('only http and https proxies are supported');
  const user: User = config.getCurrentUser() ?? { name: '' };
  const identity = { config, cluster, user, raw: rawUsers.get(user.name) ?? {}, clock };
  return ok({
    server,
    credentials: credentialsOf(identity),
    namespace: context.namespace || 'default',
    currentContext,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    check: () => check(identity),
  });
}

function check(identity: Identity): Result<void, KubeFailure> {
  const { cluster, user } = identity;
  try {
    checkTls(tlsOf(cluster, user));
    if (staticAuthorization(identity) === 'Bearer ') throw new Error('the token is empty');
    const plugin = execPluginOf(identity);
    if (plugin !== undefined) checkCommand(plugin.command);
    return ok(undefined);
  } catch (error) {
    return refuse(`credentials of ${user.name || 'nobody'}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface Identity {
  readonly config: KubeConfig;
  readonly cluster: Cluster;
  readonly user: User;
  readonly raw: Fields;
  readonly clock: Clock;
}

function credentialsOf(identity: Identity): Credentials {
  const { clock } = identity;
  const plugin = execPluginOf(identity);
  if (plugin === undefined) return new CachedCredentials({ clock, fetch: accessSource(identity), maxAgeMs: fileMaxAgeMs });
  // A plugin's answer counts until it expires, while the files around it are read anew each minute.
  const fromPlugin = new CachedCredentials({
    clock,
    maxAgeMs: Number.POSITIVE_INFINITY,
    fetch: async () => pluginAccess(await runExecPlugin(plugin, clock)),
  });
  const whole = new CachedCredentials({ clock, fetch: accessSource(identity, fromPlugin), maxAgeMs: pluginMaxAgeMs, refreshPauseMs: 0 });
  return {
    access: (signal) => whole.access(signal),
    refresh() {
      fromPlugin.refresh();
      whole.refresh();
    },
  };
}

/** Reads files anew at each call, so that rotated tokens and certificates are picked up. */
function accessSource(identity: Identity, fromPlugin?: Credentials): () => Fetched {
  const { cluster, user } = identity;
  return async () => {
    try {
      const headers: Record<string, string> = user.impersonateUser ? { 'impersonate-user': user.impersonateUser } : {};
      const tls = tlsOf(cluster, user);
      const authorization = staticAuthorization(identity);
      if (authorization !== undefined) return ok({ access: { headers: { ...headers, authorization }, tls } });
      if (fromPlugin === undefined) return await providerAccess(identity, headers, tls);
      const given = await fromPlugin.access();
      return given.ok ? ok({ access: { headers: { ...headers, ...given.value.headers }, tls: { ...tls, ...given.value.tls } } }) : given;
    } catch (error) {
      return fail(localFailure('unauthorized', `credentials: ${error instanceof Error ? error.message : String(error)}`, 'Credentials'));
    }
  };
}

function staticAuthorization({ user, raw }: Identity): string | undefined {
  const file = tokenFileOf(user, raw);
  if (file !== undefined) return `Bearer ${readFileSync(file, 'utf8').trim()}`;
  if (user.token) return `Bearer ${user.token}`;
  return user.username ? `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` : undefined;
}

function tokenFileOf(user: User, raw: Fields): string | undefined {
  if (typeof raw.tokenFile === 'string') return fromDirectory(raw, raw.tokenFile);
  const provided: unknown = user.authProvider?.config?.tokenFile;
  return typeof provided === 'string' ? provided : undefined;
}

/** OIDC and its like, by client-node; or nothing but the client certificate. */
async function providerAccess({ config, user }: Identity, headers: Record<string, string>, tls: TlsMaterial): Fetched {
  if (!user.authProvider) return ok({ access: { headers, tls } });
  const options: { headers?: Record<string, unknown> } = {};
  await config.applyToHTTPSOptions(options);
  const { Authorization: authorization } = options.headers ?? {};
  return ok({ access: { headers: { ...headers, ...(typeof authorization === 'string' ? { authorization } : {}) }, tls } });
}

function tlsOf(cluster: Cluster, user: User): TlsMaterial {
  const ca = material(cluster.caFile, cluster.caData);
  const cert = material(user.certFile, user.certData);
  const key = material(user.keyFile, user.keyData);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
  };
}

function material(file: string | undefined, encoded: string | undefined): Buffer | undefined {
  if (file) return readFileSync(file);
  return encoded ? Buffer.from(encoded, 'base64') : undefined;
}

function execPluginOf({ user, raw, cluster }: Identity): ExecPlugin | undefined {
  const exec: unknown = user.exec ?? user.authProvider?.config?.exec;
  if (!isObject(exec) || typeof exec.command !== 'string') return undefined;
  const pairs = (Array.isArray(exec.env) ? exec.env.filter(isObject) : []).map(({ name, value }) => [String(name), String(value)]);
  const info = { server: cluster.server, 'certificate-authority-data': material(cluster.caFile, cluster.caData)?.toString('base64') };
  return {
    command: exec.command.includes('/') ? fromDirectory(raw, exec.command) : exec.command,
    args: Array.isArray(exec.args) ? exec.args.map(String) : [],
    env: Object.fromEntries(pairs),
    apiVersion: typeof exec.apiVersion === 'string' ? exec.apiVersion : 'client.authentication.k8s.io/v1',
    ...(exec.provideClusterInfo === true ? { cluster: info } : {}),
  };
}

function pluginAccess(given: Awaited<ReturnType<typeof runExecPlugin>>): Result<FetchedAccess, KubeFailure> {
  if (!given.ok) return given;
  const { token, cert, key, expiresMs } = given.value;
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const tls = { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
  return ok({ access: { headers, tls }, expiresMs });
}

function fromDirectory(raw: Fields, path: string): string {
  return isAbsolute(path) || typeof raw.directory !== 'string' ? path : join(raw.directory, path);
}

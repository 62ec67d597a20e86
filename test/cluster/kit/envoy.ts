// Owns the Envoy process and its three files (each watched file costs an inotify instance, of which a user has few). Make before
// break: clusters with their endpoints, routes, listeners; what is no longer used leaves later.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { request } from 'undici';
import { log } from './child.ts';
import {
  bootstrap,
  type ConcreteRoute,
  cluster,
  discovery,
  listener,
  type Paths,
  pathsIn,
  routeConfiguration,
  virtualHost,
} from './envoy-config.ts';
import { ENVOY_ADMIN, urlOf } from './layout.ts';
import type { Route } from './mesh-types.ts';
import { answers, ready, startProcess } from './process.ts';
import { waitFor } from './wait.ts';

export interface Root {
  readonly host: string;
  readonly port: number;
  readonly cluster: string;
  readonly route: Route;
}
export interface Desired {
  /** Addresses `ip:port` by cluster name. */
  readonly clusters: ReadonlyMap<string, readonly string[]>;
  /** By listener name. */
  readonly roots: ReadonlyMap<string, Root>;
}

export interface Envoy {
  /** Resolves when Envoy runs with it; tells each route that changed once Envoy confirmed it. */
  apply(desired: Desired, onApplied: (name: string, route: Route) => void): Promise<void>;
  /** Endpoints that Envoy has now, by cluster of the namespace. */
  endpoints(namespace: string): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

/** Long enough for what still uses a cluster to end, once no route names it. */
const LINGER_MS = 3_000;

export async function startEnvoy(options: { readonly binaries: string; readonly runDir: string }): Promise<Envoy> {
  const dir = join(options.runDir, 'envoy');
  const paths = pathsIn(dir);
  mkdirSync(dir, { recursive: true });
  place(paths.bootstrap, bootstrap(paths));
  place(paths.clusters, discovery('0', []));
  place(paths.listeners, discovery('0', []));
  place(paths.routes, discovery('0', []));
  const args = ['-c', paths.bootstrap, '--concurrency', '1', '-l', 'warn', '--disable-hot-restart', '--drain-time-s', '5'];
  const envoy = startProcess({ name: 'envoy', command: join(options.binaries, 'envoy'), args, logDir: join(options.runDir, 'logs') });
  await ready(envoy, () => answers(`${urlOf(ENVOY_ADMIN)}/ready`));
  const files = new FileWriter(paths);
  return {
    apply: (desired, onApplied) => files.apply(desired, onApplied),
    endpoints: async (namespace) => {
      const counts: Record<string, number> = {};
      const text = await adminText(`/clusters?filter=${encodeURIComponent(`^${namespace}/`)}`);
      for (const [, name = ''] of text.matchAll(/^(.+?)::[\d.]+:\d+::weight::/gm)) counts[name] = (counts[name] ?? 0) + 1;
      return counts;
    },
    stop: async () => void (await envoy.stop(3_000)),
  };
}

function place(path: string, content: unknown): void {
  const temporary = join(dirname(dirname(path)), '.envoy.tmp');
  writeFileSync(temporary, JSON.stringify(content));
  renameSync(temporary, path);
}

class FileWriter {
  readonly #paths: Paths;
  readonly #written = new Map<string, string>();
  /** Clusters that Envoy has; `idleSince` where nothing that is desired names it any more. */
  readonly #clusters = new Map<string, { targets: readonly string[]; idleSince?: number }>();
  readonly #routes = new Map<string, { route: ConcreteRoute; rootCluster: string }>();
  #version = 0;

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  async apply(desired: Desired, onApplied: (name: string, route: Route) => void): Promise<void> {
    await this.#writeClusters(desired.clusters);
    const changed = this.#takeRoutes(desired.roots);
    const hosts = [...this.#routes].map(([name, { route, rootCluster }]) => virtualHost(name, route, rootCluster));
    const version = this.#write(this.#paths.routes, [routeConfiguration(hosts)]);
    const listeners = [...desired.roots].map(([name, { host, port }]) => listener(name, host, port, this.#paths));
    this.#write(this.#paths.listeners, listeners);
    if (version !== undefined && listeners.length > 0 && (await routesRun(version)))
      for (const { name, route } of changed) onApplied(name, route);
  }

  /** The routes that are not what they were. */
  #takeRoutes(roots: ReadonlyMap<string, Root>): { name: string; route: ConcreteRoute }[] {
    for (const name of this.#routes.keys()) if (!roots.has(name)) this.#routes.delete(name);
    return [...roots].flatMap(([name, { route, cluster: rootCluster }]) => {
      const before = this.#routes.get(name);
      // At first sight there is nothing to keep: the root's own endpoints.
      const root: ConcreteRoute = {
        kind: 'split',
        shares: [{ cluster: rootCluster, backend: rootCluster.replace(/^[^/]*\/|\|.*$/g, ''), weight: 1 }],
      };
      const next = route.kind === 'keep' ? (before?.route ?? root) : route;
      this.#routes.set(name, { route: next, rootCluster });
      return JSON.stringify(before?.route) === JSON.stringify(next) ? [] : [{ name, route: next }];
    });
  }

  /** Undefined where the file says so already. */
  #write(path: string, resources: readonly object[]): string | undefined {
    const text = JSON.stringify(resources);
    if (this.#written.get(path) === text) return undefined;
    this.#written.set(path, text);
    this.#version += 1;
    const version = String(this.#version);
    place(path, discovery(version, resources));
    return version;
  }

  async #writeClusters(wanted: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const now = performance.now();
    for (const [name, targets] of wanted) this.#clusters.set(name, { targets });
    for (const [name, { targets, idleSince }] of this.#clusters) {
      if (wanted.has(name)) continue;
      if (idleSince === undefined) this.#clusters.set(name, { targets, idleSince: now });
      else if (now - idleSince > LINGER_MS) this.#clusters.delete(name);
    }
    const version = this.#write(
      this.#paths.clusters,
      [...this.#clusters].map(([name, { targets }]) => cluster(name, targets)),
    );
    if (version === undefined) return;
    await confirmed(`clusters ${version}`, async () => {
      const stats = await adminText('/stats?filter=cluster_manager%5C.(cds%5C.version_text%7Cwarming_clusters)');
      return stats.includes(`cds.version_text: "${version}"`) && /warming_clusters: 0\b/.test(stats);
    });
  }
}

const routesRun = (version: string): Promise<boolean> =>
  confirmed(`routes ${version}`, async () => {
    const stats = await adminText('/stats?filter=rds%5C..*version_text');
    return stats.includes(`version_text: "${version}"`);
  });

async function adminText(path: string): Promise<string> {
  const response = await request(`${urlOf(ENVOY_ADMIN)}${path}`);
  return await response.body.text();
}

/** Envoy refuses what it cannot use and says so in its log only: a wait without an end would stop the whole mesh. */
async function confirmed(what: string, check: () => Promise<boolean>): Promise<boolean> {
  try {
    return await waitFor(what, check, { deadlineMs: 10_000, everyMs: 5 });
  } catch (error) {
    log('Envoy did not take it', { what, error: String(error) });
    return false;
  }
}

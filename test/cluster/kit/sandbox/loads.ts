import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../../src/lib/index.ts';
import type { OracleSink, RunningClient, Sandbox, TracedBatch } from '../../../../src/sandbox/index.ts';
import { resources } from '../../../../src/sandbox/objects/index.ts';
import type { LoadRecord, LoadShape } from '../load-types.ts';
import { type ConfigMap, environmentOf, type Pod } from '../pod-types.ts';

export interface LoadRequest extends LoadShape {
  readonly namespace: string;
  readonly service: string;
}

interface RunningLoad {
  readonly file: string;
  readonly most: number;
  client: RunningClient | undefined;
  sent: number;
  lines: string[];
}

/** What a pod says of itself in its answers. */
type Signature = Pick<LoadRecord, 'servedBy' | 'deployment' | 'revision' | 'config'>;

/** The load generators: clients of the sandbox, with one line per request about what really became of it. */
export class Loads implements OracleSink {
  readonly #runDir: string;
  readonly #loads = new Map<string, RunningLoad>();
  readonly #byProxy = new Map<string, RunningLoad>();
  readonly #signatures = new Map<string, Signature>();
  #cluster: { readonly sandbox: Sandbox; readonly clock: Clock } | undefined;

  constructor(runDir: string) {
    this.#runDir = runDir;
  }

  /** The sandbox hears of its sinks before it is made. */
  attach(sandbox: Sandbox, clock: Clock): void {
    this.#cluster = { sandbox, clock };
  }

  start({ namespace, service, perSecond, seconds, maxRequests, headers, path, isMeshed }: LoadRequest): {
    readonly id: string;
    readonly file: string;
  } {
    const { sandbox, clock } = this.#here();
    const name = `load-${this.#loads.size + 1}`;
    const file = join(this.#runDir, `${name}-${namespace}.jsonl`);
    writeFileSync(file, '');
    const load: RunningLoad = { file, most: Math.min(maxRequests, seconds * perSecond), client: undefined, sent: 0, lines: [] };
    this.#loads.set(name, load);
    load.client = sandbox.send({
      ...{ name, namespace, target: { namespace, service, port: 80 }, isMeshed },
      ...{ rate: { kind: 'constant', perSecond }, arrivals: 'even', request: { path, method: 'GET', headers } },
    });
    for (const { name: proxy } of load.client.proxies) this.#byProxy.set(proxy, load);
    clock.after((1_000 * load.most) / perSecond + 1, () => this.stop(name));
    return { id: name, file };
  }

  /** Until when it is asked: whether it still sends. */
  isRunning(id: string): boolean {
    return this.#loads.get(id)?.client !== undefined;
  }

  stop(id: string): void {
    const load = this.#loads.get(id);
    load?.client?.stop();
    for (const { name } of load?.client?.proxies ?? []) this.#byProxy.delete(name);
    if (load !== undefined) load.client = undefined;
  }

  record(batch: TracedBatch): void {
    const load = this.#byProxy.get(batch.proxy);
    if (load === undefined) return;
    const { count, sinceMs, atMs, status, latencyMs, loss, server } = batch;
    const signature = server?.pod === undefined ? {} : this.#signatureOf(batch.namespace, server.pod, server.workload);
    for (let each = 0; each < count && load.sent < load.most; each += 1) {
      load.sent += 1;
      const at = sinceMs + ((each + 0.5) * (atMs - sinceMs)) / count;
      load.lines.push(
        JSON.stringify({ at, latencyMs, status, ...signature, ...(loss === undefined ? {} : { error: JSON.stringify(loss) }) }),
      );
    }
  }

  flush(): void {
    for (const load of this.#loads.values()) {
      if (load.lines.length === 0) continue;
      appendFileSync(load.file, `${load.lines.join('\n')}\n`);
      load.lines = [];
    }
  }

  /** Read when it answers for the first time: what it says does not change while it runs. */
  #signatureOf(namespace: string, pod: string, deployment: string): Signature {
    const key = `${namespace}/${pod}`;
    const known = this.#signatures.get(key);
    if (known !== undefined) return known;
    const { client } = this.#here().sandbox;
    const object = client.get(resources.pods, { namespace, name: pod }) as unknown as Pod | undefined;
    const revision = object?.metadata.labels?.['sluice.dev/revision'];
    const config = object === undefined ? undefined : this.#colorOf(object);
    const signature = {
      ...{ servedBy: pod, deployment },
      ...(revision === undefined ? {} : { revision }),
      ...(config === undefined ? {} : { config }),
    };
    this.#signatures.set(key, signature);
    return signature;
  }

  #colorOf(pod: Pod): string | undefined {
    const [container] = pod.spec.containers;
    if (container === undefined || (container.env === undefined && container.envFrom === undefined)) return undefined;
    const { client } = this.#here().sandbox;
    const { namespace = '' } = pod.metadata;
    const all = (resource: typeof resources.configMaps) =>
      new Map(
        client.list(resource, { namespace }).map((object) => [`${namespace}/${object.metadata.name}`, object as unknown as ConfigMap]),
      );
    const environment = environmentOf(pod, container, all(resources.configMaps), all(resources.secrets));
    return environment.ok ? environment.values.get('COLOR') : undefined;
  }

  #here(): { readonly sandbox: Sandbox; readonly clock: Clock } {
    if (this.#cluster === undefined) throw new Error('no sandbox is attached');
    return this.#cluster;
  }
}

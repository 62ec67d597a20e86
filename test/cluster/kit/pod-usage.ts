import { control } from './child.ts';
import type { ApiClient } from './client.ts';
import { KUBELET_CONTROL, urlOf } from './layout.ts';
import type { Pod } from './pod-types.ts';
import { annotatedNumber } from './pod-types.ts';

const WINDOW_MS = 5_000;

/** Resource metrics of Pods: millicores = requests per second of the last 5 s times `bed.sluice.dev/cpu-per-request` (default 10). */
export class PodUsage {
  readonly #client: ApiClient;
  readonly #history: { at: number; served: Readonly<Record<string, number>> }[] = [];

  constructor(client: ApiClient) {
    this.#client = client;
    setInterval(() => void this.#sample().catch(() => {}), 1_000).unref();
  }

  async #sample(): Promise<void> {
    const served = await control<Record<string, number>>(urlOf(KUBELET_CONTROL), 'served');
    this.#history.push({ at: Date.now(), served });
    while ((this.#history[0]?.at ?? 0) < Date.now() - WINDOW_MS) this.#history.shift();
  }

  async read(namespace: string, name: string | undefined, selector: string): Promise<unknown> {
    const { items } = await this.#client.list<Pod>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`);
    const found = items.filter((pod) => name === undefined || pod.metadata.name === name).flatMap((pod) => this.#metricsOf(pod) ?? []);
    if (name !== undefined) return found[0] ?? {};
    return { kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items: found };
  }

  #metricsOf(pod: Pod): unknown {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const seen = this.#history.filter(({ served }) => served[key] !== undefined);
    const [first, last] = [seen[0], seen.at(-1)];
    if (first === undefined || last === undefined || last.at === first.at) return undefined;
    const perSecond = (1_000 * ((last.served[key] ?? 0) - (first.served[key] ?? 0))) / (last.at - first.at);
    const millicores = Math.max(0, Math.round(perSecond * (annotatedNumber(pod, 'cpu-per-request') ?? 10)));
    const { name, namespace, labels } = pod.metadata;
    const containers = pod.spec.containers.map((container) => ({ name: container.name, usage: { cpu: `${millicores}m`, memory: '32Mi' } }));
    return {
      metadata: { name, namespace, labels, creationTimestamp: new Date().toISOString() },
      timestamp: new Date(last.at).toISOString(),
      window: '5s',
      containers,
    };
  }
}

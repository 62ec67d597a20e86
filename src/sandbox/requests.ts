/**
 * What the clients of the sandbox did, in batches of like requests: the mesh and its clients record it, the metrics read it. A batch
 * is one route, one status and one latency; `count` says how many requests it stands for.
 */
export interface RequestBatch {
  /** When the answers came, on the world's wall clock. */
  readonly atMs: number;
  readonly namespace: string;
  /** The Service that the client called, and its port (not the pods'). */
  readonly rootService: string;
  readonly port: number;
  /** The TrafficSplit that chose the backend; undefined where none took part. */
  readonly split: string | undefined;
  /** The Service whose endpoints were tried; the root itself where no split took part. */
  readonly backendService: string;
  /** Who answered. Undefined where no pod was reached (no endpoint, refused): only the client's side of the mesh saw such requests. */
  readonly server: Server | undefined;
  readonly client: Client;
  /** The HTTP status that the client saw; 0 where the connection ended without one. */
  readonly status: number;
  readonly latencyMs: number;
  readonly count: number;
}

export interface Server {
  /** The name of the Deployment. */
  readonly workload: string;
  /** Left out: one set of counters for the whole workload. */
  readonly pod?: string;
}

/** `meshed` clients have a proxy that counts too; the kubelet's probes reach the server's proxy alone. */
export type Client =
  | { readonly kind: 'meshed'; readonly namespace: string; readonly workload: string }
  | { readonly kind: 'unmeshed' }
  | { readonly kind: 'kubelet' };

/** Whoever wants to hear of requests: the metrics, and an oracle of the simulation beside them. */
export interface RequestSink {
  record(batch: RequestBatch): void;
}

/** All requests of one route and one status since their counters began, as proxies count them. */
export interface Tally {
  readonly route: Omit<RequestBatch, 'atMs' | 'latencyMs' | 'count'>;
  readonly count: number;
  readonly latencySumMs: number;
  /** How many fell between two neighbours of `latencyBoundsMs`, the upper one included; the last are slower than all of them. */
  readonly perBound: ArrayLike<number>;
}

/** Every upper bound that some mesh's histogram has, rising. */
export const latencyBoundsMs: readonly number[] = [
  ...[0.5, 1, 2, 3, 4, 5, 10, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750],
  ...[1_000, 1_200, 2_000, 2_500, 3_000, 4_000, 5_000, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000],
  ...[300_000, 600_000, 1_800_000, 3_600_000],
];

/** Counts requests as the proxies of a mesh do: totals that only grow, until their pod is gone. Keeps no single request. */
export class RequestLedger implements RequestSink {
  readonly #tallies = new Map<string, Counters>();

  record(batch: RequestBatch): void {
    if (batch.count === 0) return;
    const key = keyOf(batch);
    let counters = this.#tallies.get(key);
    if (counters === undefined) {
      counters = new Counters(batch);
      this.#tallies.set(key, counters);
    }
    counters.add(batch.latencyMs, batch.count);
  }

  /** In the order in which the routes were first seen. */
  tallies(): Iterable<Tally> {
    return this.#tallies.values();
  }

  /** A pod went, or its proxy restarted: its series end, and begin again at zero with its next request. */
  forgetPod(namespace: string, pod: string): void {
    for (const [key, { route }] of this.#tallies) {
      if (route.namespace === namespace && route.server?.pod === pod) this.#tallies.delete(key);
    }
  }

  /** The proxies of a client restarted: what they counted begins again at zero. */
  forgetClient(namespace: string, workload: string): void {
    for (const [key, { route }] of this.#tallies) {
      const { client } = route;
      if (client.kind === 'meshed' && client.namespace === namespace && client.workload === workload) this.#tallies.delete(key);
    }
  }
}

const keyOf = ({ namespace, rootService, port, split, backendService, server, client, status }: RequestBatch): string => {
  const from = client.kind === 'meshed' ? `${client.namespace}/${client.workload}` : client.kind;
  return `${namespace}/${rootService}:${port}/${split ?? ''}/${backendService}/${server?.workload ?? ''}/${server?.pod ?? ''}<${from}=${status}`;
};

class Counters implements Tally {
  readonly route: Tally['route'];
  count = 0;
  latencySumMs = 0;
  readonly perBound = new Float64Array(latencyBoundsMs.length + 1);

  constructor({ namespace, rootService, port, split, backendService, server, client, status }: RequestBatch) {
    this.route = { namespace, rootService, port, split, backendService, server, client, status };
  }

  add(latencyMs: number, count: number): void {
    this.count += count;
    this.latencySumMs += latencyMs * count;
    const found = latencyBoundsMs.findIndex((bound) => latencyMs <= bound);
    const at = found === -1 ? latencyBoundsMs.length : found;
    this.perBound[at] = (this.perBound[at] ?? 0) + count;
  }
}

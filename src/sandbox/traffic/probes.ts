import type { Network, PodServer } from '../pods/index.ts';
import type { RequestBatch } from '../requests.ts';

const probeMs = 1;

/** The kubelet's questions to pods that are probed over HTTP. Nobody loses anything by them, but the proxies of some meshes count them. */
export class Probes {
  readonly #network: Network;
  readonly #record: (batch: RequestBatch) => void;
  /** Since when each is asked, and how often it was. */
  readonly #asked = new WeakMap<PodServer, { readonly sinceMs: number; count: number }>();

  constructor(network: Network, record: (batch: RequestBatch) => void) {
    this.#network = network;
    this.#record = record;
  }

  /** Asks all that was due until now. */
  settle(nowMs: number, wallMs: number): void {
    for (const server of this.#network.servers()) if (server.probesPerSecond > 0) this.#ask(server, nowMs, wallMs);
  }

  #ask(server: PodServer, nowMs: number, wallMs: number): void {
    const asked = this.#asked.get(server) ?? { sinceMs: nowMs, count: 0 };
    this.#asked.set(server, asked);
    const count = Math.floor((server.probesPerSecond * (nowMs - asked.sinceMs)) / 1_000) - asked.count;
    if (count <= 0) return;
    asked.count += count;
    const nowhere = { rootService: '', port: 0, split: undefined, backendService: '' };
    const { namespace, identity } = server;
    this.#record({
      ...nowhere,
      atMs: wallMs,
      namespace,
      server: identity,
      client: { kind: 'kubelet' },
      status: 200,
      latencyMs: probeMs,
      count,
    });
  }
}

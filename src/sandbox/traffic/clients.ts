import type { Clock, Random } from '../../lib/index.ts';
import type { ControlPlane, MeshProxy } from '../mesh/index.ts';
import type { Network } from '../pods/index.ts';
import type { RequestBatch } from '../requests.ts';
import { ClientPod, type ClientSpec } from './client.ts';
import type { TracedBatch } from './loss.ts';
import { Probes } from './probes.ts';
import type { Rate } from './rate.ts';

export interface ClientsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** How often requests are accounted for where nothing else asks for it. */
  readonly tickMs: number;
  readonly record: (batch: TracedBatch) => void;
  /** The kubelet's probes: no client sent them, and no client misses them. */
  readonly recordProbe: (batch: RequestBatch) => void;
}

export interface RunningClient {
  setRate(rate: Rate): void;
  readonly proxies: readonly MeshProxy[];
  stop(): void;
}

/**
 * All who send requests. Nothing is sent one by one: whenever something changes that a request would notice, and at each tick, what
 * was due since the last time is sent by what held until then. So no request ever meets a state that was not there when it was sent.
 */
export class Clients {
  readonly #options: ClientsOptions;
  readonly #probes: Probes;
  readonly #pods = new Map<MeshProxy, ClientPod>();
  #isTicking = false;

  constructor(options: ClientsOptions) {
    this.#options = options;
    this.#probes = new Probes(options.network, options.recordProbe);
    options.network.beforeChange(() => this.settle());
  }

  start(spec: ClientSpec, mesh: ControlPlane): RunningClient {
    const { clock, random, network, record } = this.#options;
    const { proxies: count = 2, isMeshed = true } = spec;
    const pods = Array.from({ length: count }, (_, index) => {
      const proxy = mesh.connect(`${spec.namespace}/${spec.name}-${index}`, isMeshed, [spec.target]);
      const pod = new ClientPod(spec, proxy, clock.monotonicMs(), { random, network, record });
      this.#pods.set(proxy, pod);
      return pod;
    });
    if (!this.#isTicking) this.#tick();
    return {
      proxies: pods.map(({ proxy }) => proxy),
      setRate: (rate) => {
        this.settle();
        for (const pod of pods) pod.setRate(rate);
      },
      stop: () => {
        this.settle();
        for (const { proxy } of pods) {
          this.#pods.delete(proxy);
          mesh.disconnect(proxy);
        }
      },
    };
  }

  /** Accounts for all that was sent until now, through one proxy or all. */
  settle(proxy?: MeshProxy): void {
    const nowMs = this.#options.clock.monotonicMs();
    const wallMs = this.#options.clock.nowMs();
    if (proxy !== undefined) this.#pods.get(proxy)?.settle(nowMs, wallMs);
    else {
      for (const pod of this.#pods.values()) pod.settle(nowMs, wallMs);
      this.#probes.settle(nowMs, wallMs);
    }
  }

  #tick(): void {
    this.#isTicking = this.#pods.size > 0;
    this.settle();
    if (this.#isTicking) this.#options.clock.after(this.#options.tickMs, () => this.#tick());
  }
}

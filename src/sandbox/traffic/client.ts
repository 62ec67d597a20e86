import type { Random } from '../../lib/index.ts';
import { multinomial, poisson } from '../chance.ts';
import { type MeshProxy, matchesAny, type RequestShape, type RootPort, rootKey, type SplitVersion } from '../mesh/index.ts';
import type { Network, PodServer } from '../pods/index.ts';
import type { Client as Sender } from '../requests.ts';
import { type LastEndpoint, type Loss, lastEndpoint, type TracedBatch } from './loss.ts';
import { expectedUntil, type Rate } from './rate.ts';

export interface ClientSpec {
  /** The workload that sends. */
  readonly name: string;
  readonly namespace: string;
  readonly target: RootPort;
  readonly rate: Rate;
  /** `poisson`: as many independent users make it; `even`: as a load generator does. Default: poisson. */
  readonly arrivals?: 'poisson' | 'even';
  /** Default: true. One that is not sends as kube-proxy routes. */
  readonly isMeshed?: boolean;
  /** How many pods it has, each with a proxy of its own. Default: 2. */
  readonly proxies?: number;
  readonly request?: RequestShape;
}

export interface SenderContext {
  readonly random: Random;
  readonly network: Network;
  readonly record: (batch: TracedBatch) => void;
}

/** From when until when something was sent: by the clock of timers, and as the wall shows it. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly wallMs: number;
}

/** A part of a batch on its way: which Service was chosen, and by which split. */
interface Course {
  readonly cluster: string;
  readonly backend: string;
  readonly split: SplitVersion | undefined;
}

const plainRequest: RequestShape = { path: '/', method: 'GET', headers: {} };
const failedMs = 1;

/** One pod of a client: sends what fell due since it last did, by what its proxy knows now. */
export class ClientPod {
  readonly proxy: MeshProxy;
  readonly #spec: ClientSpec;
  readonly #context: SenderContext;
  readonly #startedMs: number;
  readonly #sender: Sender;
  #settledMs: number;
  #rate: Rate;
  /** Where round robin goes on, by cluster. */
  readonly #turns = new Map<string, number>();

  constructor(spec: ClientSpec, proxy: MeshProxy, nowMs: number, context: SenderContext) {
    this.#spec = spec;
    this.proxy = proxy;
    this.#context = context;
    this.#startedMs = nowMs;
    this.#settledMs = nowMs;
    this.#rate = spec.rate;
    this.#sender = (spec.isMeshed ?? true) ? { kind: 'meshed', namespace: spec.namespace, workload: spec.name } : { kind: 'unmeshed' };
  }

  /** From now on; ask `settle` first. */
  setRate(rate: Rate): void {
    this.#rate = rate;
  }

  /** Sends all that was due until now. */
  settle(nowMs: number, wallMs: number): void {
    const span = { fromMs: this.#settledMs, toMs: nowMs, wallMs };
    if (span.toMs <= span.fromMs) return;
    this.#settledMs = nowMs;
    const count = this.#due(span);
    if (count > 0) this.#send(count, span);
  }

  #due({ fromMs, toMs }: Span): number {
    const { arrivals = 'poisson', proxies = 2 } = this.#spec;
    const until = (ms: number) => expectedUntil(this.#rate, ms - this.#startedMs) / proxies;
    if (arrivals === 'even') return Math.floor(until(toMs)) - Math.floor(until(fromMs));
    return poisson(this.#context.random, until(toMs) - until(fromMs));
  }

  #send(count: number, span: Span): void {
    const { target, request = plainRequest } = this.#spec;
    const known = this.proxy.route(rootKey(target));
    const toRoot = (cluster: string): Course => ({ cluster, backend: target.service, split: undefined });
    if (known === undefined) {
      this.#lose(count, span, toRoot(''), { kind: 'no-service' });
      return;
    }
    const { route, rootCluster } = known;
    if (route.kind === 'fail') {
      this.#lose(count, span, { ...toRoot(''), split: route.split }, { kind: 'no-route' }, route.status);
      return;
    }
    if (route.matches !== undefined && !matchesAny(route.matches, request)) {
      this.#toCluster(count, span, toRoot(rootCluster));
      return;
    }
    if (route.shares.length === 1 && route.shares[0] !== undefined) {
      this.#toCluster(count, span, { ...route.shares[0], split: route.split });
      return;
    }
    const weights = route.shares.map(({ weight }) => weight);
    multinomial(this.#context.random, count, weights).forEach((share, index) => {
      const chosen = route.shares[index];
      if (share > 0 && chosen !== undefined) this.#toCluster(share, span, { ...chosen, split: route.split });
    });
  }

  #toCluster(count: number, span: Span, course: Course): void {
    const view = this.proxy.cluster(course.cluster);
    if (view === undefined) {
      this.#lose(count, span, course, { kind: 'no-backend' });
      return;
    }
    const { addresses, emptied } = view;
    if (addresses.length === 0) {
      const last = (emptied?.addresses ?? []).map((address) => this.#stateOf(address));
      this.#lose(count, span, course, { kind: 'no-endpoints', sinceMs: emptied?.atMs, last });
      return;
    }
    this.#inTurn(course.cluster, count, addresses, (address, share) => this.#toAddress(share, span, course, address));
  }

  /** Round robin, as proxies do it: equal shares, and the rest to those whose turn it is. */
  #inTurn(cluster: string, count: number, addresses: readonly string[], take: (address: string, share: number) => void): void {
    const first = (this.#turns.get(cluster) ?? 0) % addresses.length;
    const each = Math.floor(count / addresses.length);
    const rest = count % addresses.length;
    this.#turns.set(cluster, first + rest);
    addresses.forEach((address, index) => {
      const turn = (index - first + addresses.length) % addresses.length;
      const share = each + (turn < rest ? 1 : 0);
      if (share > 0) take(address, share);
    });
  }

  #toAddress(count: number, span: Span, course: Course, address: string): void {
    const { network, random } = this.#context;
    const server = network.at(ipOf(address));
    if (server === undefined || !server.ports.has(portOf(address))) {
      this.#lose(count, span, course, { kind: 'refused', by: this.#stateOf(address) });
      return;
    }
    const taken = server.answer(random, count, span.toMs, (status, latencyMs, share) =>
      this.#record(share, span, course, { server, status, latencyMs, loss: undefined }),
    );
    if (taken < count) this.#lose(count - taken, span, course, { kind: 'crashed', pod: server.pod });
  }

  #stateOf(address: string): LastEndpoint {
    const { network } = this.#context;
    const server = network.at(ipOf(address));
    if (server === undefined) return lastEndpoint(address, network.endedAt(ipOf(address)));
    return { address, pod: server.pod, state: server.isTerminating ? 'terminating' : 'serving', atMs: undefined };
  }

  /** A meshed client is told so by its proxy; another one has no connection. */
  #lose(count: number, span: Span, course: Course, loss: Loss, status = this.#sender.kind === 'meshed' ? 503 : 0): void {
    this.#record(count, span, course, { server: undefined, status, latencyMs: failedMs, loss });
  }

  #record(
    count: number,
    { fromMs, toMs, wallMs }: Span,
    { backend, split }: Course,
    { server, status, latencyMs, loss }: { server: PodServer | undefined; status: number; latencyMs: number; loss: Loss | undefined },
  ): void {
    const { namespace, service: rootService, port } = this.#spec.target;
    // One literal, since this is where a simulation spends its time.
    this.#context.record({
      atMs: wallMs,
      sinceMs: wallMs - (toMs - fromMs),
      namespace,
      rootService,
      port,
      split: split?.name,
      splitVersion: split,
      backendService: backend,
      proxy: this.proxy.name,
      server: server?.identity,
      client: this.#sender,
      status,
      latencyMs,
      loss,
      count,
    });
  }
}

const ipOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));
const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));

import type { Random } from '../../lib/index.ts';
import { binomial, multinomial } from '../chance.ts';
import type { Server } from '../requests.ts';
import type { Behaviour } from './behaviour.ts';
import { cellLatencies, cellShares, drawLatency, type Latency } from './latency.ts';

/** Some requests with one status and one latency. */
export type Answered = (status: number, latencyMs: number, count: number) => void;

export interface PodServerOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly workload: string;
  readonly ip: string;
  /** Where it listens. */
  readonly ports: ReadonlySet<number>;
  /** How often the kubelet asks how it is, over HTTP. */
  readonly probesPerSecond: number;
  readonly behaviour: Behaviour;
  /** It has answered as many requests as it can: it crashes once whoever asked is done. */
  readonly onExhausted: () => void;
}

/** The program in a pod, from the moment it listens until it ends. */
export class PodServer {
  readonly namespace: string;
  readonly pod: string;
  readonly ip: string;
  readonly ports: ReadonlySet<number>;
  readonly probesPerSecond: number;
  /** As the counters of requests name it. */
  readonly identity: Server;
  behaviour: Behaviour;
  /** Its pod is on its way out; it serves until its grace is over. */
  isTerminating = false;
  readonly #onExhausted: () => void;
  #answered = 0;
  /** Requests that it can take at once, where its capacity is bounded: a bucket that holds what it can do in a second. */
  #room = Number.POSITIVE_INFINITY;
  #filledMs = 0;

  constructor({ namespace, pod, workload, ip, ports, probesPerSecond, behaviour, onExhausted }: PodServerOptions) {
    this.namespace = namespace;
    this.pod = pod;
    this.ip = ip;
    this.ports = ports;
    this.probesPerSecond = probesPerSecond;
    this.identity = { workload, pod };
    this.behaviour = behaviour;
    this.#onExhausted = onExhausted;
  }

  /** Requests answered since it started. */
  get answered(): number {
    return this.#answered;
  }

  /** Answers what was asked until now; gives how many were answered, since a crash may come in between. */
  answer(random: Random, count: number, nowMs: number, answered: Answered): number {
    const { crashAfterRequests = Number.POSITIVE_INFINITY, errorRate, errorCode, latency } = this.behaviour;
    const taken = Math.min(count, Math.max(0, crashAfterRequests - this.#answered));
    if (taken < count || (taken > 0 && this.#answered + taken === crashAfterRequests)) this.#onExhausted();
    this.#answered += taken;
    const refused = this.#beyondCapacity(taken, nowMs);
    if (refused > 0) answered(503, 1, refused);
    const failed = binomial(random, taken - refused, errorRate);
    spread(random, latency, failed, (ms, share) => answered(errorCode, ms, share));
    spread(random, latency, taken - refused - failed, (ms, share) => answered(200, ms, share));
    return taken;
  }

  #beyondCapacity(count: number, nowMs: number): number {
    const { capacityPerSecond } = this.behaviour;
    if (capacityPerSecond === undefined) return 0;
    this.#room = Math.min(capacityPerSecond, this.#room + (capacityPerSecond * (nowMs - this.#filledMs)) / 1_000);
    this.#filledMs = nowMs;
    const served = Math.min(count, Math.floor(this.#room));
    this.#room -= served;
    return count - served;
  }
}

const few = 12;

function spread(random: Random, latency: Latency, count: number, cell: (latencyMs: number, count: number) => void): void {
  if (count === 0) return;
  if (latency.kind === 'fixed') {
    cell(latency.ms, count);
    return;
  }
  if (count < few) {
    for (let each = 0; each < count; each += 1) cell(drawLatency(random, latency), 1);
    return;
  }
  const latencies = cellLatencies(latency);
  multinomial(random, count, cellShares).forEach((share, index) => {
    if (share > 0) cell(latencies[index] ?? 0, share);
  });
}

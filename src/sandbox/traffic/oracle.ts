import type { Loss, TracedBatch } from './loss.ts';

export interface OracleSink {
  record(batch: TracedBatch): void;
}

/** Lost requests of one cause, from the first to the last. */
export interface LossRecord {
  readonly namespace: string;
  readonly rootService: string;
  readonly backendService: string;
  readonly loss: Loss;
  readonly split: string | undefined;
  /** In force when the first one was lost. */
  readonly splitVersion: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

export interface Totals {
  readonly sent: number;
  /** Answered by a pod, whatever it said. */
  readonly served: number;
  /** Answered by a pod with 5xx. */
  readonly failed: number;
  readonly lost: number;
}

const none: Totals = { sent: 0, served: 0, failed: 0, lost: 0 };

/** The truth about all requests: what became of them, and why those that no pod answered were lost. */
export class Oracle implements OracleSink {
  readonly #perBackend = new Map<string, { sent: number; served: number; failed: number; lost: number }>();
  readonly #losses = new Map<string, LossRecord>();

  record(batch: TracedBatch): void {
    const { count, loss, status } = batch;
    if (count === 0) return;
    const key = `${batch.namespace}/${batch.backendService}`;
    let totals = this.#perBackend.get(key);
    if (totals === undefined) {
      totals = { ...none };
      this.#perBackend.set(key, totals);
    }
    totals.sent += count;
    if (loss === undefined) {
      totals.served += count;
      if (status >= 500) totals.failed += count;
      return;
    }
    totals.lost += count;
    this.#lose(batch, loss);
  }

  /** Of one backend (`namespace/service`), or of all. */
  totals(backend?: string): Totals {
    if (backend !== undefined) return this.#perBackend.get(backend) ?? none;
    const sum = { ...none };
    for (const { sent, served, failed, lost } of this.#perBackend.values()) {
      sum.sent += sent;
      sum.served += served;
      sum.failed += failed;
      sum.lost += lost;
    }
    return sum;
  }

  /** Backends that anything was sent to, `namespace/service`. */
  backends(): readonly string[] {
    return [...this.#perBackend.keys()];
  }

  /** In the order in which the causes first appeared. */
  losses(): readonly LossRecord[] {
    return [...this.#losses.values()];
  }

  #lose({ namespace, rootService, backendService, split, splitVersion, sinceMs, atMs, count }: TracedBatch, loss: Loss): void {
    const key = `${namespace}/${rootService}/${backendService}/${causeOf(loss)}`;
    const known = this.#losses.get(key);
    if (known !== undefined) {
      this.#losses.set(key, { ...known, toMs: atMs, count: known.count + count });
      return;
    }
    const version = splitVersion?.resourceVersion;
    const record = { namespace, rootService, backendService, loss, split, splitVersion: version, fromMs: sinceMs, toMs: atMs, count };
    this.#losses.set(key, record);
  }
}

function causeOf(loss: Loss): string {
  switch (loss.kind) {
    case 'no-endpoints':
      return `${loss.kind}@${loss.sinceMs}`;
    case 'refused':
      return `${loss.kind}:${loss.by.address}`;
    case 'crashed':
      return `${loss.kind}:${loss.pod}`;
    default:
      return loss.kind;
  }
}

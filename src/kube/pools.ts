import { createHash } from 'node:crypto';
import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import type { TlsMaterial } from './transport.ts';

/** One API server, one identity: connections for calls, for watches, and one for the lease alone. */
export interface PoolSet {
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
  readonly lease: Dispatcher;
}

const connectTimeoutMs = 10_000;
const keepAliveMs = 30_000;
// A half-open connection is noticed by the kernel; HTTP/1.1 has no ping of its own.
const tcpKeepAliveMs = 10_000;

/** Keeps the pools of the TLS material in use; new material gets new pools, and the old ones end with their last answer. */
export class Pools {
  readonly #origin: string;
  readonly #proxyUrl: string | undefined;
  readonly #callConnections: number;
  #current: { fingerprint: string; material: TlsMaterial; set: PoolSet } | undefined;
  readonly #retired = new Set<PoolSet>();

  constructor({ origin, proxyUrl, callConnections }: { origin: string; proxyUrl?: string | undefined; callConnections: number }) {
    this.#origin = origin;
    this.#proxyUrl = proxyUrl;
    this.#callConnections = callConnections;
  }

  of(material: TlsMaterial): PoolSet {
    // The same object on nearly every call: hashing certificates each time would cost more than the call.
    if (this.#current?.material === material) return this.#current.set;
    const fingerprint = fingerprintOf(material);
    if (this.#current?.fingerprint === fingerprint) {
      this.#current.material = material;
      return this.#current.set;
    }
    if (this.#current !== undefined) this.#retire(this.#current.set);
    this.#current = { fingerprint, material, set: this.#build(material) };
    return this.#current.set;
  }

  async close(): Promise<void> {
    const sets = [...this.#retired, ...(this.#current === undefined ? [] : [this.#current.set])];
    this.#retired.clear();
    this.#current = undefined;
    await Promise.all(sets.flatMap((set) => [set.calls.destroy(), set.watches.destroy(), set.lease.destroy()]));
  }

  #retire(set: PoolSet): void {
    this.#retired.add(set);
    void Promise.allSettled([set.calls.close(), set.watches.close(), set.lease.close()]).then(() => this.#retired.delete(set));
  }

  #build(material: TlsMaterial): PoolSet {
    return {
      calls: this.#dispatcher(material, this.#callConnections),
      watches: this.#dispatcher(material, undefined),
      lease: this.#dispatcher(material, 1),
    };
  }

  #dispatcher(material: TlsMaterial, connections: number | undefined): Dispatcher {
    const connect = { ...material, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: tcpKeepAliveMs };
    // Deadlines are the transport's, on the clock that it was given.
    const options = {
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      pipelining: 1,
      ...(connections === undefined ? {} : { connections }),
    };
    if (this.#proxyUrl !== undefined) return new ProxyAgent({ ...options, uri: this.#proxyUrl, requestTls: connect });
    return new Pool(this.#origin, { ...options, connect });
  }
}

function fingerprintOf(material: TlsMaterial): string {
  const hash = createHash('sha256');
  for (const part of [material.ca, material.cert, material.key, material.servername]) {
    hash.update(part === undefined ? '-' : `+${Buffer.byteLength(part)}:`);
    if (part !== undefined) hash.update(part);
  }
  return hash.update(String(material.rejectUnauthorized)).digest('hex');
}

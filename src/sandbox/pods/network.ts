import type { PodServer } from './pod-server.ts';

/** How the program at an address ended; who asks there is refused. */
export type Fate = 'stopped' | 'killed' | 'crashed' | 'evicted' | 'node-lost';

export interface Ended {
  readonly fate: Fate;
  readonly atMs: number;
  readonly namespace: string;
  readonly pod: string;
}

/** Who listens at which pod address: the truth that the proxies only have copies of. */
export class Network {
  readonly #servers = new Map<string, PodServer>();
  readonly #ended = new Map<string, Ended>();
  readonly #beforeChange = new Set<() => void>();
  #nextIp = 0;

  /** Addresses go round the whole /16, so that one is not soon seen again with another pod behind it. */
  takeIp(): string {
    this.#nextIp = (this.#nextIp + 1) % 65_000;
    const ip = `10.244.${Math.floor(this.#nextIp / 250)}.${(this.#nextIp % 250) + 1}`;
    this.#ended.delete(ip);
    return ip;
  }

  at(ip: string): PodServer | undefined {
    return this.#servers.get(ip);
  }

  /** How whoever listened at this address last has ended. */
  endedAt(ip: string): Ended | undefined {
    return this.#ended.get(ip);
  }

  servers(): Iterable<PodServer> {
    return this.#servers.values();
  }

  open(server: PodServer): void {
    this.#announce();
    this.#ended.delete(server.ip);
    this.#servers.set(server.ip, server);
  }

  close(server: PodServer, fate: Fate, atMs: number): void {
    if (this.#servers.get(server.ip) !== server) return;
    this.#announce();
    this.#servers.delete(server.ip);
    this.#ended.set(server.ip, { fate, atMs, namespace: server.namespace, pod: server.pod });
  }

  /** Changes how a server behaves. */
  change(change: () => void): void {
    this.#announce();
    change();
  }

  /** Called while everything is still as it was, so that whoever sends can account for the time until now. */
  beforeChange(listener: () => void): void {
    this.#beforeChange.add(listener);
  }

  #announce(): void {
    for (const listener of this.#beforeChange) listener();
  }
}

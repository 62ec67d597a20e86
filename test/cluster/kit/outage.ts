import { connect, createServer, type Socket } from 'node:net';

/** A way to one server that one scenario can cut for itself while all others go on: Prometheus down, an API server gone. */
export interface Outage {
  readonly host: string;
  readonly port: number;
  /** As a machine that is gone: connections are cut and refused. */
  refuse(): void;
  /** As one that hangs: connections stay, new ones are accepted, nothing moves. */
  stall(): void;
  open(): void;
  close(): Promise<void>;
}

/** Passes bytes, TLS included, between a free local port and `target`. */
export async function outageOf(target: { readonly host: string; readonly port: number }): Promise<Outage> {
  let state: 'open' | 'refusing' | 'stalled' = 'open';
  const sockets = new Set<Socket>();
  const held = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const join = (client: Socket) => {
    const upstream = connect(target.port, target.host);
    keep(upstream);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  };
  const server = createServer((client) => {
    if (state === 'refusing') return void client.resetAndDestroy();
    keep(client);
    if (state === 'open') join(client);
    else held.add(client.pause());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    held.clear();
  };
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' && address !== null ? address.port : 0,
    refuse: () => {
      state = 'refusing';
      cut();
    },
    stall: () => {
      state = 'stalled';
      for (const socket of sockets) socket.unpipe().pause();
    },
    open: () => {
      if (state === 'stalled') {
        // What was stalled half-way cannot be put together again; what waited at the door goes in.
        const waiting = [...held];
        for (const socket of sockets) if (!held.has(socket)) socket.destroy();
        held.clear();
        for (const client of waiting) join(client.resume());
      }
      state = 'open';
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

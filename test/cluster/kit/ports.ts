import { createServer } from 'node:net';

// Below what the kernel gives to connections that go out: one of those could take the port between this moment and its use.
const [first, last] = [15_000, 32_000] as const;

/** A port of loopback that is free at this moment; any, so that two who ask at once hardly get the same. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first));
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

// What the kit's own child processes (kubelet, mesh, metrics API) have in common.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** Settings arrive as one JSON argument. */
export const settings = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T;

/** Ends with the parent, whose IPC channel closes whatever way it goes. */
export function endWithParent(): void {
  process.on('disconnect', () => process.exit(0));
  process.on('SIGTERM', () => process.exit(0));
}

export const tellReady = (): void => void process.send?.('ready');

export function log(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), message, ...fields })}\n`);
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

export type Routes = Readonly<Record<string, (input: Record<string, unknown>) => unknown | Promise<unknown>>>;

export interface ControlPort {
  readonly url: string;
  close(): Promise<void>;
}

/** A control port: `POST /<name>` with a JSON object in, JSON out. On loopback; port 0: any free one. */
export async function serveControl(at: { readonly host: string; readonly port: number }, routes: Routes): Promise<ControlPort> {
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const route = routes[(request.url ?? '/').slice(1)];
    try {
      if (route === undefined) throw new Error(`no such control: ${request.url}`);
      const text = await bodyOf(request);
      const answer = await route(text === '' ? {} : (JSON.parse(text) as Record<string, unknown>));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer ?? null));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  };
  const server = createServer((request, response) => void handle(request, response));
  // Who asks decides when an idle connection ends: what is sent while the server closes it would be lost.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(at.port, at.host, resolve));
  const address = server.address();
  return {
    url: `http://${at.host}:${typeof address === 'object' && address !== null ? address.port : at.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function control<T>(url: string, name: string, input: Readonly<Record<string, unknown>> = {}): Promise<T> {
  const response = await fetch(`${url}/${name}`, { method: 'POST', body: JSON.stringify(input), signal: AbortSignal.timeout(180_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`control ${name}: ${text}`);
  return JSON.parse(text) as T;
}

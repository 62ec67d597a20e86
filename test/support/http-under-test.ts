// An API server under its contract, over HTTP: the sandbox's or the real one.
import { Pool } from 'undici';
import type { ContractRequest, ContractWatch, Reply, ServerUnderTest, WatchEvent } from '../contract/api-server/kit.ts';

export interface HttpUnderTest {
  readonly url: string;
  readonly tokens: Readonly<Record<'admin' | 'alice' | 'bob' | 'nobody', string>>;
  readonly ca?: Buffer;
}

export function httpServer({ url, tokens, ca }: HttpUnderTest): { readonly server: ServerUnderTest; close(): Promise<void> } {
  const connect = ca === undefined ? {} : { connect: { ca } };
  const pool = new Pool(url, { connections: 16, ...connect });
  const streams = new Pool(url, { connections: null, bodyTimeout: 0, ...connect });

  const optionsOf = ({ method, path, query = {}, headers = {}, body, user = 'admin' }: ContractRequest) => ({
    method,
    path: `${path}?${new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]])))}`,
    headers: { authorization: `Bearer ${tokens[user]}`, accept: 'application/json', 'user-agent': 'contract', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  const server: ServerUnderTest = {
    async send(request): Promise<Reply> {
      const response = await pool.request(optionsOf(request));
      const text = await response.body.text();
      return { status: response.statusCode, headers: flat(response.headers), body: jsonOr(text) };
    },
    async watch(request): Promise<ContractWatch> {
      const stop = new AbortController();
      const response = await streams.request({ ...optionsOf(request), signal: stop.signal });
      const lines = linesOf(response.body);
      return {
        status: response.statusCode,
        async next() {
          const { value, done } = await lines.next();
          return done === true ? undefined : (JSON.parse(value) as WatchEvent);
        },
        close: () => stop.abort(),
      };
    },
    async eventually(what, ask) {
      // Generous on purpose: tests must not depend on the machine's speed.
      for (let turn = 0; turn < 1_200; turn++) {
        if (await ask()) return;
        await pass(100);
      }
      throw new Error(`never: ${what}`);
    },
    pass,
  };
  return {
    server,
    close: async () => {
      await Promise.all([pool.destroy(), streams.destroy()]);
    },
  };
}

const flat = (headers: Readonly<Record<string, string | string[] | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}

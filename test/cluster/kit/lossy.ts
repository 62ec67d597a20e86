import { readFileSync } from 'node:fs';
import { createServer, Agent as HttpAgent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KubeObject, WatchEvent } from './client.ts';

export type News = WatchEvent<KubeObject>;

/** A way to the API server, in plain HTTP, on which news gets lost: what a watch should have told is never told; all else goes through. */
export interface LossyWay {
  readonly url: string;
  /** From now on; bookmarks go through, so that nobody asks again for what was lost. */
  lose<T extends KubeObject = KubeObject>(isLost: (object: T, type: News['type']) => boolean): void;
  /** What was lost so far. */
  lost(): readonly News[];
  close(): Promise<void>;
}

export async function lossyWayTo({ url, caFile }: { readonly url: string; readonly caFile: string }): Promise<LossyWay> {
  const target = new URL(url);
  const isSecure = target.protocol === 'https:';
  const agent = isSecure ? new HttpsAgent({ keepAlive: true, ca: readFileSync(caFile) }) : new HttpAgent({ keepAlive: true });
  const send = isSecure ? httpsRequest : httpRequest;
  const lost: News[] = [];
  let isLost: (object: KubeObject, type: News['type']) => boolean = () => false;
  const passes = (line: string): boolean => {
    const news = JSON.parse(line) as News;
    if (news.type === 'BOOKMARK' || news.type === 'ERROR' || !isLost(news.object, news.type)) return true;
    lost.push(news);
    return false;
  };

  const server = createServer((incoming, outgoing) => {
    const asked = new URL(incoming.url ?? '/', target);
    const isWatch = ['1', 'true'].includes(asked.searchParams.get('watch') ?? '');
    const headers = { ...incoming.headers, host: target.host, 'accept-encoding': 'identity' };
    const upstream = send(asked, { agent, headers, ...(incoming.method === undefined ? {} : { method: incoming.method }) }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => outgoing.destroy());
      if (isWatch && answer.statusCode === 200) void passLines(answer, outgoing, passes);
      else answer.pipe(outgoing);
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose: (which) => {
      isLost = which as typeof isLost;
    },
    lost: () => lost,
    close: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One event a line. */
async function passLines(from: IncomingMessage, to: ServerResponse, passes: (line: string) => boolean): Promise<void> {
  to.flushHeaders();
  from.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of from as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '' && passes(line)) to.write(`${line}\n`);
    }
    to.end();
  } catch {
    to.destroy();
  }
}

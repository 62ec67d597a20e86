// An API server of plain HTTP that has thousands of Rollouts and never changes: streams of initial events, then silence. Counts writes.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Herd, type Specimens } from './objects.ts';

export interface FakeApiOptions {
  readonly specimens: Specimens;
  readonly size: number;
}

/** What the process says to its parent: first where it listens, later, when asked, what it was asked. */
export type FakeApiMessage =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'seen'; readonly writes: number; readonly megabytes: number; readonly requests: Readonly<Record<string, number>> };

const listVersion = '900000000';
const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const batch = 100;

/** Runs until its parent goes; `file` holds the options as JSON. */
export async function serveFakeApi(file: string): Promise<void> {
  const { specimens, size } = JSON.parse(readFileSync(file, 'utf8')) as FakeApiOptions;
  const herd = new Herd(specimens, size);
  const seen = new Map<string, number>();
  let [writes, bytes] = [0, 0];

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const what = `${request.method} ${url.pathname}${url.searchParams.get('watch') === 'true' ? '?watch' : ''}`;
    seen.set(what, (seen.get(what) ?? 0) + 1);
    response.setHeader('content-type', 'application/json');
    if (request.method !== 'GET') {
      writes += 1;
      return refuse(request, response);
    }
    if (url.pathname === '/apis') return void response.end(specimens.groups);
    if (url.pathname.startsWith(`${crdPath}/`)) return void response.end(specimens.splitCrd);
    if (url.searchParams.get('watch') === 'true') return void stream(url.pathname, response);
    return void response.end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: listVersion }, items: [] }));
  });

  async function stream(path: string, response: ServerResponse): Promise<void> {
    const write = async (text: string) => {
      bytes += text.length;
      if (!response.write(text)) await new Promise<void>((resolve) => response.once('drain', resolve));
    };
    if (path === crdPath) await write(specimens.crds.map(added).join(''));
    const isHeld = herd.paths.includes(path);
    for (let at = 0; isHeld && at < size; at += batch) {
      const last = Math.min(size, at + batch);
      const texts = Array.from({ length: last - at }, (_, offset) =>
        herd
          .of(path, at + offset)
          .map(added)
          .join(''),
      );
      await write(texts.join(''));
    }
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    await write(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: listVersion, annotations } } })}\n`);
  }

  process.on('message', () => {
    const message: FakeApiMessage = { kind: 'seen', writes, megabytes: Math.round(bytes / 1e6), requests: Object.fromEntries(seen) };
    process.send?.(message);
  });
  process.on('disconnect', () => process.exit());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listening: FakeApiMessage = { kind: 'listening', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  process.send?.(listening);
  await new Promise(() => {});
}

const added = (object: string): string => `{"type":"ADDED","object":${object}}\n`;

function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.statusCode = 409;
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Conflict', message: 'nothing changes here', code: 409 };
  response.end(JSON.stringify(status));
}

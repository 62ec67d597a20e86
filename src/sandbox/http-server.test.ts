import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, VirtualClock } from '../lib/index.ts';
import { jsonReply, type Port, type PortRequest } from './http-port.ts';
import { type SandboxServer, serve } from './http-server.ts';

let server: SandboxServer | undefined;
afterEach(() => server?.close());

async function serving(port: Port, clock = systemClock): Promise<string> {
  server = await serve(port, { clock });
  return server.url;
}

describe('a port on a socket', () => {
  it('carries the request there and the answer back', async () => {
    let seen: PortRequest | undefined;
    const url = await serving((request) => {
      seen = request;
      return jsonReply(201, { said: request.body }, 0);
    });
    const response = await fetch(`${url}/a/b?c=d%20e`, { method: 'POST', body: 'ä', headers: { 'X-Own': '1' } });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('date')).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
    expect(await response.json()).toEqual({ said: 'ä' });
    expect(seen).toMatchObject({ method: 'POST', url: '/a/b?c=d%20e', headers: { 'x-own': '1' }, body: 'ä' });
  });

  it('resets the connection where nobody listens', async () => {
    const url = await serving(() => ({ kind: 'refused' }));
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('breaks off after so many bytes of what it announced', async () => {
    const url = await serving(() => ({ ...jsonReply(200, { long: 'x'.repeat(1_000) }, 0), brokenAfterBytes: 100 }));
    const response = await fetch(url);
    expect(response.headers.get('content-length')).toBe('1011');
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('answers when the time has come on its own clock, and never where the answer is silence', async () => {
    const clock = new VirtualClock();
    const url = await serving(
      ({ url: path }) => (path === '/never' ? { kind: 'silence' } : { ...jsonReply(200, 1, 0), afterMs: 5_000 }),
      clock,
    );
    let isAnswered = false;
    const late = fetch(url).then(() => {
      isAnswered = true;
    });
    await expect.poll(() => clock.pendingTimers).toBe(1);
    await clock.advance(4_999);
    expect(isAnswered).toBe(false);
    await clock.advance(1);
    await late;
    const given = new AbortController();
    const never = fetch(`${url}/never`, { signal: given.signal });
    given.abort();
    await expect(never).rejects.toThrow('aborted');
  });

  it('forgets a late answer whose client has gone', async () => {
    const clock = new VirtualClock();
    const url = await serving(() => ({ ...jsonReply(200, 1, 0), afterMs: 5_000 }), clock);
    const gone = new AbortController();
    const call = fetch(url, { signal: gone.signal });
    await expect.poll(() => clock.pendingTimers).toBe(1);
    gone.abort();
    await expect(call).rejects.toThrow('aborted');
    await expect.poll(() => clock.pendingTimers).toBe(0);
  });
});

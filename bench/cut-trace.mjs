// Preloaded into the controller (`node --import`): one line per finished request, with the moments of it as this process saw them. The product
// knows nothing of it: undici and node:http say so on channels of their own. Milliseconds since 1970, with fractions.
import { subscribe } from 'node:diagnostics_channel';
import { createWriteStream } from 'node:fs';
import http from 'node:http';

const out = createWriteStream(process.env.SLUICE_BENCH_TRACE ?? '/dev/null', { flags: 'a' });
const now = () => performance.timeOrigin + performance.now();
const say = (line) => out.write(`${JSON.stringify(line)}\n`);

const calls = new WeakMap();
const stamp = (name) => ({ request }) => {
  const call = calls.get(request);
  if (call !== undefined) call[name] = now();
};
subscribe('undici:request:create', ({ request }) => {
  if (request.method === 'GET') return;
  const isFailed = String(request.body ?? '').includes('"phase":"Failed"');
  calls.set(request, { server: 'api', path: request.path, isFailed, askedAt: now() });
});
subscribe('undici:client:sendHeaders', stamp('sentAt'));
subscribe('undici:request:headers', stamp('headAt'));
subscribe('undici:request:trailers', ({ request }) => {
  const call = calls.get(request);
  if (call !== undefined) say({ ...call, doneAt: now() });
});
let connections = 0;
subscribe('undici:client:connected', () => say({ server: 'api', connections: ++connections, doneAt: now() }));

// The body tells whom a question is about.
const { write } = http.ClientRequest.prototype;
http.ClientRequest.prototype.write = function (chunk, ...rest) {
  const askedAt = now();
  const asked = /bench_success\{workload="([^"]+)"\}/.exec(decodeURIComponent(String(chunk)))?.[1];
  if (asked !== undefined)
    this.once('response', (response) => {
      const headAt = now();
      response.once('end', () => say({ server: 'prometheus', asked, askedAt, headAt, doneAt: now() }));
    });
  return write.call(this, chunk, ...rest);
};

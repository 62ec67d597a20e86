import type { Clock } from '../lib/index.ts';
import type { InstantQuery, PrometheusReply } from '../metrics/index.ts';
import type { PrometheusApi } from '../sandbox/prometheus/index.ts';

/** Prometheus without a socket: the sandbox's answers, when they would have arrived. */
export function inProcess(api: Pick<PrometheusApi, 'answer'>, time: Pick<Clock, 'after'>, latencyMs: () => number): InstantQuery {
  return ({ query, timeoutMs }, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve({ kind: 'aborted' });
      const settle = (reply: PrometheusReply) => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        resolve(reply);
      };
      const onAbort = () => settle({ kind: 'aborted' });
      let cancel = time.after(latencyMs(), () => {
        const body = new URLSearchParams({ query, timeout: `${Math.ceil(timeoutMs)}ms` }).toString();
        const headers = { 'content-type': 'application/x-www-form-urlencoded' };
        const answer = api.answer({ method: 'POST', url: '/api/v1/query', headers, body });
        switch (answer.kind) {
          case 'refused':
            return settle({ kind: 'unreachable', message: 'connect ECONNREFUSED' });
          case 'silence':
            return;
          case 'reply':
            cancel = time.after(answer.afterMs, () => settle(replyOf(answer)));
        }
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
}

function replyOf(answer: Extract<ReturnType<PrometheusApi['answer']>, { kind: 'reply' }>): PrometheusReply {
  const { status, headers, body, brokenAfterBytes } = answer;
  if (brokenAfterBytes !== undefined && brokenAfterBytes < body.length) return { kind: 'unreachable', message: 'aborted (ECONNRESET)' };
  return { kind: 'reply', status, headers, body: parsed(body) };
}

/** As the HTTP client of prometheus-query reads bodies: JSON where it is some, else the text. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

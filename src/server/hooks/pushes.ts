import type { Clock, HttpExchange, Logger } from '../../lib/index.ts';
import { deadline, sleep } from '../../lib/index.ts';
import type { Push } from './channel.ts';
import type { HookSecrets } from './secrets.ts';

export interface Pushing {
  readonly exchange: HttpExchange;
  readonly secrets: Pick<HookSecrets, 'githubToken' | 'githubUrl'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const triesAfterMs = [1_000, 5_000];
const deadlineMs = 5_000;

/** What follows an answer: a few tries, then it is left. The Decision is made by then; only its picture is late. */
export async function push(request: Push, pushing: Pushing, signal: AbortSignal): Promise<void> {
  const { clock, log, secrets } = pushing;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (request.bearer === 'github') {
    const token = await secrets.githubToken();
    // Without a token the answer stays in the list of deliveries.
    if (token === undefined) return;
    const [first] = token.ok ? token.value : [];
    if (first === undefined) return log.warn({ problem: token.ok ? '' : token.failure }, 'the token for comments cannot be read');
    headers.authorization = `Bearer ${first.reveal()}`;
    headers.accept = 'application/vnd.github+json';
  }
  const url = new URL(request.bearer === 'github' ? `${secrets.githubUrl.replace(/\/+$/, '')}${request.url}` : request.url);
  for (const waitMs of [...triesAfterMs, undefined]) {
    const limit = deadline(clock, deadlineMs, signal);
    const reply = await pushing.exchange({ method: request.method, url, headers, body: JSON.stringify(request.body) }, limit.signal);
    limit.release();
    if (reply.kind === 'reply' && reply.status < 500 && reply.status !== 429) {
      if (reply.status >= 400) log.warn({ host: url.host, status: reply.status }, 'an answer to a chat was refused');
      return;
    }
    if (waitMs === undefined || signal.aborted) break;
    await sleep(clock, waitMs, signal);
  }
  log.warn({ host: url.host }, 'an answer to a chat did not get through');
}

import { valueAt } from '../core/analysis/json-path.ts';
import type { Answer } from '../core/analysis/question.ts';
import { isObject } from '../lib/json.ts';
import { allowedUrl } from './address.ts';
import { resolveCredentials } from './headers.ts';
import { retryAfterMs } from './prometheus-answer.ts';
import { abortedAnswer, failed, invalid, type MetricIo, type MetricSource, noData, type ProviderOf, unreadable } from './source.ts';
import { type WebReply, webExchange } from './web-http.ts';

/** How deep a JSON answer may be nested: what walks over it does so by recursion. */
const deepest = 64;

/** Any HTTP service that answers with JSON. */
export const createWebSource = (): MetricSource<'web'> => ({
  kind: 'web',
  serverOf: ({ url }) => (URL.canParse(url) ? new URL(url).origin : 'nowhere'),
  timeoutMsOf: ({ timeoutMs }) => timeoutMs,
  ask: askWeb,
});

async function askWeb({ url, method, body, headers, path }: ProviderOf<'web'>, io: MetricIo, signal: AbortSignal): Promise<Answer> {
  const target = allowedUrl(url, false);
  if (!target.ok) return invalid(target.failure);
  const credentials = await resolveCredentials({ headers }, io, signal);
  if (!credentials.ok) return credentials.failure;
  const hasType = headers.some(({ key }) => key.toLowerCase() === 'content-type');
  const sent = { ...(body === undefined || hasType ? {} : { 'content-type': 'application/json' }), ...credentials.value.headers };
  const reply = await (io.webExchange ?? webExchange)({ url: target.value, method, headers: sent, body, isTrusted: false }, signal);
  const { redact } = credentials.value;
  const answer = answerOf(reply, path, signal);
  if (answer.kind === 'json') return { ...answer, value: redacted(answer.value, redact) };
  return answer.message === undefined ? answer : { ...answer, message: redact(answer.message) };
}

function answerOf(reply: WebReply, path: ProviderOf<'web'>['path'], signal: AbortSignal): Answer {
  switch (reply.kind) {
    case 'reply':
      return replyAnswer(reply, path);
    case 'aborted':
      return abortedAnswer(signal);
    case 'refused':
      return invalid(reply.message);
    case 'unreachable':
      return failed(reply.message);
  }
}

/** What the body of a strange server says is shown to nobody: it could be anything that the address can reach. */
function replyAnswer({ status, headers, text }: Extract<WebReply, { kind: 'reply' }>, path: ProviderOf<'web'>['path']): Answer {
  if (status === 204) return noData('the server answered without content');
  if (status === 400 || status === 422) return invalid(`HTTP ${status}`);
  if (status >= 300 && status < 400) return failed(`HTTP ${status}: redirects are not followed`);
  if (status < 200 || status > 299) return failed(`HTTP ${status}`, retryAfterMs(headers));
  const document = parse(text);
  if (document === undefined) return unreadable(text, 'the answer is no JSON');
  if (document === null) return noData('the answer is null');
  if (isDeeperThan(document, deepest)) return invalid(`the answer is nested deeper than ${deepest}`);
  const value = valueAt(document, path);
  if (value === undefined) return noData(`nothing at ${shown(path)}`);
  if (value === null) return noData(`null at ${shown(path)}`);
  return typeof value === 'number' ? { kind: 'value', value } : { kind: 'json', value };
}

const shown = (path: readonly (string | number)[]): string => `$${path.map((part) => `[${JSON.stringify(part)}]`).join('')}`.slice(0, 200);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const partsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []);

function isDeeperThan(document: unknown, limit: number): boolean {
  let level: readonly unknown[] = [document];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap(partsOf);
  }
  return false;
}

/** A server may send back what it was sent; Secrets are shown nowhere. */
function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((part) => redacted(part, redact));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [redact(key), redacted(part, redact)]));
}

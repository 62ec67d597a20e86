import type { HttpCall, Secret } from '../lib/index.ts';
import type { News } from './news.ts';

/** A place where news go. Pure: what to send, and what an answer means; sending is the notifier's. */
export interface Sink {
  readonly kind: string;
  /** Whether a message that was sent can be changed. */
  canEdit(target: Target): boolean;
  /** Tells the end of what it told of, too, and tells it again every hour: an alert that nobody repeats is over. */
  readonly isAlerting?: boolean;
  render(told: Told, target: Target): Rendered;
  read(
    reply: { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string },
    target: Target,
  ): Outcome;
}

/** Where, and by what credentials; read anew for each message. */
export interface Target {
  readonly url: Secret | undefined;
  readonly token: Secret | undefined;
  readonly secret: Secret | undefined;
  readonly channel: string | undefined;
}

export interface Told {
  readonly news: News;
  readonly nowMs: number;
  /** The receipt of the attempt's first message. */
  readonly thread?: string | undefined;
  /** The receipt of this message, sent before: it is to be changed. */
  readonly edit?: string | undefined;
  /** It is over. */
  readonly isOver?: boolean | undefined;
}

export interface Rendered {
  readonly method: HttpCall['method'];
  readonly url: Secret | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Outcome =
  | { readonly kind: 'sent'; readonly receipt?: string | undefined }
  /** Not now. */
  | { readonly kind: 'later'; readonly afterMs?: number | undefined; readonly problem: string }
  /** Never, as it is. */
  | { readonly kind: 'refused'; readonly problem: string };

/** By status alone. A redirect is not followed: it would take the secret elsewhere. */
export function byStatus({ status, headers, text }: Parameters<Sink['read']>[0]): Outcome {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const problem = `HTTP ${status}`;
  if (status === 429) return { kind: 'later', afterMs: retryAfterOf(headers, text), problem };
  return status >= 500 || status === 408 || status === 425
    ? { kind: 'later', afterMs: retryAfterOf(headers, ''), problem }
    : { kind: 'refused', problem };
}

const longestWaitMs = 15 * 60_000;

/** Seconds in the header, or, as Discord has it, in the body with their fraction. */
function retryAfterOf(headers: Readonly<Record<string, unknown>>, text: string): number | undefined {
  const header = headers['retry-after'];
  const seconds =
    typeof header === 'string' && /^[0-9]+(\.[0-9]+)?$/.test(header)
      ? Number(header)
      : Number(/"retry_after": ?([0-9.]{1,12})/.exec(text)?.[1] ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(longestWaitMs, Math.ceil(seconds * 1000)) : undefined;
}

export function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

export const json = { 'content-type': 'application/json; charset=utf-8' } as const;

import { z } from 'zod';
import type { News } from './news.ts';

/** What was sent of one Rollout's latest attempt, by sink. It is small, bounded, and outlives the process. */

const sent = z.object({
  /** The version that was sent, and the state. */
  v: z.string().max(200),
  s: z.string().max(64),
  /** The receipt by which the message is changed. */
  r: z.string().max(200).optional(),
});

const ofSink = z.object({
  /** The receipt of the attempt's first message. */
  t: z.string().max(200).optional(),
  m: z.record(z.string(), sent).default({}),
  /** Alerts that fire, since when; they outlast the attempt. */
  f: z.record(z.string(), z.string().max(40)).default({}),
});
export type SinkMemory = z.output<typeof ofSink>;

const memory = z.object({ r: z.string().max(63), a: z.number(), s: z.record(z.string(), ofSink) });
export type Memory = z.output<typeof memory>;

/** Of one sink; the oldest go first. */
const mostMessages = 40;

export function decodeMemory(text: string): Memory | undefined {
  try {
    const parsed = memory.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export const encodeMemory = (known: Memory): string => JSON.stringify(known);

const nothing: SinkMemory = { m: {}, f: {} };

/** What a sink knows of the attempt that the news are of; of another attempt, only which alerts fire. Undefined: it has never heard of this Rollout. */
export function ofSinkFor(known: Memory | undefined, sink: string, news: Pick<News, 'revision' | 'attempt'>): SinkMemory | undefined {
  const mine = known !== undefined && Object.hasOwn(known.s, sink) ? known.s[sink] : undefined;
  if (known === undefined || mine === undefined) return undefined;
  return isOfAttempt(known, news) ? mine : { ...nothing, f: mine.f };
}

/** News of a promotion have no attempt: their revision's latest. */
const isOfAttempt = ({ r, a }: Memory, { revision, attempt }: Pick<News, 'revision' | 'attempt'>): boolean =>
  r === revision && (attempt === 0 || a === attempt);

/** The same memory with one sink's changed; an attempt that is new takes the place of the one before, in every sink. */
export function remembered(known: Memory | undefined, sink: string, news: Pick<News, 'revision' | 'attempt'>, mine: SinkMemory): Memory {
  const isSame = known !== undefined && isOfAttempt(known, news);
  const others = Object.entries(known?.s ?? {}).map(([name, one]) => [name, isSame ? one : { ...nothing, f: one.f }] as const);
  return { r: news.revision, a: isSame ? known.a : news.attempt, s: { ...Object.fromEntries(others), [sink]: mine } };
}

export function withSent(
  mine: SinkMemory,
  { key, version, state }: Pick<News, 'key' | 'version' | 'state'>,
  receipt: string | undefined,
): SinkMemory {
  const before = Object.hasOwn(mine.m, key) ? mine.m[key] : undefined;
  const r = receipt ?? before?.r;
  const thread = mine.t ?? receipt;
  const messages = Object.entries({ ...mine.m, [key]: { v: version, s: state, ...(r === undefined ? {} : { r }) } }).slice(-mostMessages);
  return { ...mine, ...(thread === undefined ? {} : { t: thread }), m: Object.fromEntries(messages) };
}

export type Due = { readonly kind: 'new' } | { readonly kind: 'edit'; readonly receipt: string } | undefined;

/** What has happened long ago is no news to a sink that has never heard of the Rollout: a new controller, or a new sink, floods nobody. */
const staleMs = 10 * 60_000;

/** Whether a sink has to be told, and how. */
export function dueOf(
  news: News,
  mine: SinkMemory | undefined,
  { nowMs, canEdit }: { readonly nowMs: number; readonly canEdit: boolean },
): Due {
  const isWaiting = (news.kind === 'gate' && news.state === 'Open') || news.kind === 'waiting';
  if (mine === undefined) return isWaiting || nowMs - news.atMs < staleMs ? { kind: 'new' } : undefined;
  const before = Object.hasOwn(mine.m, news.key) ? mine.m[news.key] : undefined;
  if (before === undefined) return { kind: 'new' };
  if (canEdit && before.r !== undefined) return before.v === news.version ? undefined : { kind: 'edit', receipt: before.r };
  return before.s === news.state ? undefined : { kind: 'new' };
}

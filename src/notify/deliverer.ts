import { deadline, sleep } from '../lib/index.ts';
import type { Due, Memory, SinkMemory } from './memory.ts';
import { dueOf, ofSinkFor, remembered, withSent } from './memory.ts';
import type { News, Observed } from './news.ts';
import type { NotifierOptions } from './notifier-options.ts';
import type { Item } from './outbox.ts';
import { Outbox } from './outbox.ts';
import { sinks } from './registry.ts';
import type { NotificationSettings } from './settings.ts';
import type { Outcome, Sink, Target } from './sink.ts';
import { targetOf } from './target.ts';

export interface DelivererOptions extends NotifierOptions {
  readonly settings: NotificationSettings;
  /** Shared by all sinks of a process. */
  readonly memories: Map<string, Memory>;
  /** Of a Rollout that is gone nothing is stored any more. */
  readonly isThere: (uid: string) => boolean;
}

const deadlineMs = 10_000;
const firstWaitMs = 1_000;
const longestWaitMs = 5 * 60_000;
/** With the waits between them more than an hour. */
const mostTries = 20;
const nobody: Target = { url: undefined, token: undefined, secret: undefined, channel: undefined };

/** One receiver: one message at a time, in order, tried again until it is taken, refused, or tried too often. */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #sink: Sink;
  readonly #outbox = new Outbox();
  #wake = () => {};

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#sink = sinks[options.settings.sink];
  }

  /** Puts on the list what this receiver does not know yet. */
  consider(observed: Observed, news: readonly News[]): void {
    const { namespaces, events } = this.#options.settings;
    if (namespaces !== undefined && !namespaces.includes(observed.namespace)) return;
    const known = this.#options.memories.get(observed.uid);
    for (const one of news) if (events.includes(one.kind)) this.#offer(one, known);
    if (this.#sink.isAlerting === true) this.#end(observed, news, known);
    this.#wake();
  }

  /** Tells again what is known already: an alert that still fires. */
  repeat(news: readonly News[]): void {
    if (this.#sink.isAlerting !== true) return;
    const { settings, memories } = this.#options;
    const firing = news.filter(({ uid, key }) => Object.hasOwn(memories.get(uid)?.s[settings.name]?.f ?? {}, key));
    for (const one of firing) this.#outbox.add({ news: one, kind: 'repeat' });
    this.#wake();
  }

  #offer(news: News, known: Memory | undefined): void {
    const { settings, memories } = this.#options;
    const mine = ofSinkFor(known, settings.name, news);
    if (this.#due(news, mine) === undefined) {
      // What is old when it is first seen is never told; from here on the sink knows the Rollout.
      if (mine === undefined)
        memories.set(news.uid, remembered(memories.get(news.uid), settings.name, news, withSent({ m: {}, f: {} }, news, undefined)));
      return;
    }
    this.#outbox.add({ news, kind: 'tell' });
  }

  #due(news: News, mine: SinkMemory | undefined): Due {
    const { settings, clock } = this.#options;
    // With a token or without is told by the settings; the token itself is read when it is needed.
    const canEdit = settings.sink === 'slack' ? settings.tokenSource !== undefined : this.#sink.canEdit(nobody);
    return dueOf(news, mine, { nowMs: clock.nowMs(), canEdit });
  }

  /** Alerts whose cause is no longer there. */
  #end({ uid, namespace, name }: Observed, news: readonly News[], known: Memory | undefined): void {
    const { settings, clock } = this.#options;
    const firing = known !== undefined && Object.hasOwn(known.s, settings.name) ? (known.s[settings.name]?.f ?? {}) : {};
    for (const [key, since] of Object.entries(firing)) {
      if (news.some((one) => one.key === key)) continue;
      const kind = key === 'rolledBack' ? 'rolledBack' : 'stuck';
      const card = { tone: 'good', title: `${namespace}/${name}: over`, lines: [] } as const;
      const reason = key.split('/')[1] ?? 'RolledBack';
      const over: News = {
        ...{ kind, key, id: `${uid}/${key}`, version: '', state: 'over', atMs: Date.parse(since), namespace, rollout: name, uid },
        ...{ revision: known?.r ?? '', attempt: known?.a ?? 0, reason, card },
      };
      this.#outbox.add({ news: Number.isFinite(over.atMs) ? over : { ...over, atMs: clock.nowMs() }, kind: 'over' });
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const item = this.#outbox.first();
      if (item === undefined) await this.#woken(signal);
      else await this.#deliver(item, signal);
    }
  }

  #woken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        this.#wake = () => {};
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted || this.#outbox.length > 0) done();
    });
  }

  async #deliver(first: Item, signal: AbortSignal): Promise<void> {
    const { log, settings, clock, random } = this.#options;
    let item = first;
    for (let tries = 1; !signal.aborted; tries += 1) {
      const outcome = await this.#try(item, signal);
      if (signal.aborted) return;
      if (outcome.kind === 'known') return this.#outbox.remove(item);
      const fields = { sink: settings.name, id: item.news.id };
      if (outcome.kind === 'sent') {
        this.#outbox.remove(item);
        log.debug(fields, 'a notification is out');
        return this.#remember(item, outcome.receipt, signal);
      }
      if (outcome.kind === 'refused' && this.#forgetReceipt(item)) continue;
      if (outcome.kind === 'refused' || tries >= mostTries) {
        this.#outbox.remove(item);
        log.error({ ...fields, problem: outcome.problem, tries }, 'a notification was given up');
        return;
      }
      if (tries === 1) log.warn({ ...fields, problem: outcome.problem }, 'a notification has to be sent again');
      const backoffMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (tries - 1)) * (0.75 + random.next() / 2);
      await sleep(clock, Math.max(outcome.afterMs ?? 0, backoffMs), signal);
      // What it would say may have changed meanwhile.
      item = this.#outbox.first() ?? item;
    }
  }

  /** The message that was to be changed is gone, perhaps: what is new in it is said anew. True where there was one. */
  #forgetReceipt({ news, kind }: Item): boolean {
    const { settings, memories } = this.#options;
    const known = memories.get(news.uid);
    const mine = ofSinkFor(known, settings.name, news);
    const before = mine !== undefined && Object.hasOwn(mine.m, news.key) ? mine.m[news.key] : undefined;
    if (kind !== 'tell' || mine === undefined || before?.r === undefined) return false;
    memories.set(news.uid, remembered(known, settings.name, news, { ...mine, m: { ...mine.m, [news.key]: { v: before.v, s: before.s } } }));
    return true;
  }

  async #try({ news, kind }: Item, signal: AbortSignal): Promise<Outcome | { readonly kind: 'known' }> {
    const { settings, secrets, memories, clock, exchange, log } = this.#options;
    const dropped = this.#outbox.takeDropped();
    if (dropped > 0) log.warn({ sink: settings.name, dropped }, 'too many notifications wait; the oldest were dropped');
    const mine = ofSinkFor(memories.get(news.uid), settings.name, news);
    const due = this.#due(news, mine);
    // What has waited here for long is news all the same; only what was sent meanwhile is none.
    if (kind === 'tell' && due === undefined && mine !== undefined) return { kind: 'known' };
    const target = await targetOf(settings, secrets);
    if (!target.ok) return { kind: 'later', problem: target.failure };
    const told = {
      news,
      nowMs: clock.nowMs(),
      thread: mine?.t,
      isOver: kind === 'over',
      ...(due?.kind === 'edit' ? { edit: due.receipt } : {}),
    };
    const { method, url, headers, body } = this.#sink.render(told, target.value);
    if (url === undefined) return { kind: 'refused', problem: 'there is no address' };
    const limit = deadline(clock, deadlineMs, signal);
    const reply = await exchange({ method, url: new URL(url.reveal()), headers, body }, limit.signal);
    limit.release();
    if (reply.kind === 'reply') return this.#sink.read(reply, target.value);
    return { kind: 'later', problem: reply.kind === 'aborted' ? `no answer within ${deadlineMs / 1000} s` : reply.message };
  }

  /** After it is out: a crash in between sends it once more, under the same id. */
  async #remember({ news, kind }: Item, receipt: string | undefined, signal: AbortSignal): Promise<void> {
    const { settings, memories, store, log, isThere } = this.#options;
    if (!isThere(news.uid)) return;
    const known = memories.get(news.uid);
    const before = ofSinkFor(known, settings.name, news) ?? { m: {}, f: {} };
    const after = kind === 'over' ? withoutAlert(before, news.key) : this.#withAlert(withSent(before, news, receipt), news);
    const next = remembered(known, settings.name, news, after);
    memories.set(news.uid, next);
    const saved = await store.save(news.uid, next, signal);
    if (!saved.ok && saved.failure.kind !== 'aborted')
      log.warn(
        { sink: settings.name, id: news.id, failure: saved.failure.kind },
        'what was notified could not be stored; a new leader may send it again',
      );
  }

  #withAlert(mine: SinkMemory, { key, atMs }: News): SinkMemory {
    return this.#sink.isAlerting !== true ? mine : { ...mine, f: { ...mine.f, [key]: new Date(atMs).toISOString() } };
  }
}

/** Told anew where it fires again. */
function withoutAlert(mine: SinkMemory, key: string): SinkMemory {
  const without = <T>(members: Readonly<Record<string, T>>) => Object.fromEntries(Object.entries(members).filter(([name]) => name !== key));
  return { ...mine, m: without(mine.m), f: without(mine.f) };
}

import { createHash } from 'node:crypto';
import type { HttpExchange, Logger } from '../../lib/index.ts';
import { sleep } from '../../lib/index.ts';
import type { Actors } from './act.ts';
import { act } from './act.ts';
import type { Channel, Message, Outcome, Reply, Source } from './channel.ts';
import { push } from './pushes.ts';
import { Replays } from './replays.ts';
import type { HookSecrets } from './secrets.ts';
import type { SignedRequest } from './signature.ts';
import { isTimely, toleranceMs } from './signature.ts';
import { problemReply } from './webhook.ts';

export interface HookOptions extends Actors {
  readonly secrets: HookSecrets;
  readonly exchange: HttpExchange;
}

export type HookRequest = Omit<SignedRequest, 'nowMs'> & Source;

type Order<C> = Extract<Message<C>, { kind: 'order' }>;

/** An order may take this long after the channel's own patience is over. */
const longestMs = 30_000;

/** Serves signed requests: is it genuine, what does it say, was it said before; then acts, and answers within the channel's patience. */
export class HookServer {
  readonly #options: HookOptions;
  readonly #log: Logger;
  /** Twice the tolerance: a time ahead of ours is taken as well. */
  readonly #replays: Replays<Reply>;
  readonly #pushes = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: HookOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#replays = new Replays(options.clock, 2 * toleranceMs);
  }

  get log(): Logger {
    return this.#log;
  }

  async serve<C>(channel: Channel<C>, request: HookRequest): Promise<Reply> {
    const secrets = await this.#options.secrets.of(channel.name as 'slack', request.name);
    if (secrets === undefined) return problemReply(404, 'NotFound', 'this channel is not configured');
    if (!secrets.ok) {
      this.#log.error({ channel: channel.name, problem: secrets.failure }, 'the secret of a channel cannot be read');
      return problemReply(503, 'NotServing', 'the secret of this channel cannot be read');
    }
    const nowMs = this.#options.clock.nowMs();
    const verified = channel.verify({ ...request, nowMs }, secrets.value);
    if (verified.kind !== 'genuine') return this.#refuse(channel, verified.kind);
    if (!channel.mediaTypes.includes(mediaTypeOf(request.headers['content-type'])))
      return problemReply(415, 'UnsupportedMediaType', `the body must be ${channel.mediaTypes.join(' or ')}`);
    const read = channel.read(request.body, request);
    if (!read.ok) return problemReply(400, 'InvalidRequest', read.failure);
    const message = read.value;
    if (message.kind === 'answered') return message.reply;
    if (message.atMs !== undefined && !isTimely(message.atMs, nowMs)) return this.#refuse(channel, 'stale');
    const answer =
      this.#replays.get(verified.print) ?? this.#replays.remember(verified.print, () => this.#begin(channel, message, verified.print));
    if (answer === undefined) return problemReply(429, 'TooManyRequests', 'too much was said in the last minutes');
    return answer;
  }

  /** Ends what is under way: nothing is decided or sent any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#pushes);
  }

  /** Resolves once nothing follows any more; for whoever waits for an answer's effects. */
  async settled(): Promise<void> {
    while (this.#pushes.size > 0) await Promise.all(this.#pushes);
  }

  async #begin<C>(channel: Channel<C>, { order, account, id, context }: Order<C>, print: string): Promise<Reply> {
    const { clock } = this.#options;
    // The key of an id alone would let one account answer for another.
    const idempotencyKey = keyOf(channel.name, id === undefined ? [print] : [account.key, id]);
    const patience = new AbortController();
    const acting = within(longestMs, this.#closing.signal, clock, (signal) =>
      act({ channel: channel.name, account, order, idempotencyKey }, this.#options, signal),
    ).catch((error: unknown): Outcome => {
      this.#log.error({ channel: channel.name, error: error instanceof Error ? (error.stack ?? '') : '' }, 'a chat order failed');
      return { kind: 'refused', problem: { status: 500, reason: 'InternalError', detail: 'it failed on our side' } };
    });
    const first = await Promise.race([acting, sleep(clock, channel.deadlineMs, patience.signal).then(() => undefined)]);
    patience.abort();
    if (first !== undefined) {
      const answer = channel.answer(first, context);
      this.#follow(Promise.resolve(answer.pushes ?? []));
      // Nothing was done, and the same request may do better.
      if (first.kind === 'refused' && first.problem.status >= 500) this.#replays.forget(print);
      return answer.reply;
    }
    this.#follow(acting.then((outcome) => channel.later(outcome, context)));
    return channel.working(context);
  }

  #follow(following: Promise<readonly Parameters<typeof push>[0][]>): void {
    const done = following
      .then(async (requests) => {
        for (const request of requests) await push(request, this.#options, this.#closing.signal);
      })
      .catch((error: unknown) => this.#log.error({ error: error instanceof Error ? error.message : '' }, 'an answer to a chat failed'))
      .finally(() => this.#pushes.delete(done));
    this.#pushes.add(done);
  }

  #refuse({ name }: { readonly name: string }, kind: 'forged' | 'stale'): Reply {
    this.#log.warn({ channel: name, kind }, 'a request without a valid signature');
    const detail =
      kind === 'forged' ? 'the signature is missing or wrong' : `it was signed more than ${toleranceMs / 60_000} minutes ago, or ahead`;
    return problemReply(401, 'Unauthenticated', detail);
  }
}

async function within<T>(ms: number, parent: AbortSignal, clock: Actors['clock'], run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  const cancel = clock.after(ms, () => ending.abort());
  const onParent = () => ending.abort();
  parent.addEventListener('abort', onParent, { once: true });
  if (parent.aborted) ending.abort();
  try {
    return await run(ending.signal);
  } finally {
    cancel();
    parent.removeEventListener('abort', onParent);
  }
}

/** Of what ids hold any part may be strange or long. */
const keyOf = (channel: string, parts: readonly string[]): string =>
  `${channel}-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`;

/** `application/json` of `application/json; charset=utf-8`; nothing else is taken off or put right. */
function mediaTypeOf(header: unknown): string {
  if (typeof header !== 'string') return '';
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  return parameters.every((parameter) => /^ *charset="?utf-8"? *$/.test(parameter)) ? type : '';
}

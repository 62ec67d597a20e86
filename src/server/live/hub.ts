import { createHash } from 'node:crypto';
import type { Clock, Result } from '../../lib/index.ts';
import { fail, ok } from '../../lib/index.ts';
import type { Problem } from '../decider.ts';
import { problem } from '../problem.ts';
import type { RolloutKey, RolloutSource } from '../source.ts';
import type { Sink } from './viewer.ts';
import { Viewer } from './viewer.ts';

export interface HubOptions {
  readonly source: Pick<RolloutSource, 'get' | 'watch'>;
  readonly clock: Clock;
  /** Streams at once, and of one caller. */
  readonly mostViewers: number;
  readonly mostOfOne: number;
}

export interface Joining {
  readonly key: RolloutKey;
  readonly sink: Sink;
  readonly username: string;
  readonly expiresAtMs?: number | undefined;
  /** What the client has already. */
  readonly lastEventId?: string | undefined;
  /** Whether the token is still taken, and the Rollout may still be seen. */
  readonly review: () => Promise<Result<unknown, Problem>>;
}

/** A Rollout that somebody looks at. */
interface Topic {
  readonly key: RolloutKey;
  readonly viewers: Set<Viewer>;
  id: string;
  frame: Buffer;
  shownAtMs: number;
  unwatch: () => void;
  cancel: (() => void) | undefined;
}

/** Changes that come together are shown together. */
const betweenMs = 100;
const tickMs = 1_000;

/**
 * The live views that people look at. One snapshot a change, made once and shared by all who look; who is slow gets the newest when there is room, and not what came before
 * it. Costs nothing while nobody looks.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #ofCaller = new Map<string, number>();
  #count = 0;
  #isClosed = false;
  #cancelTick: (() => void) | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  get viewers(): number {
    return this.#count;
  }

  /** Whether there is room for one more. */
  admits(username: string): Result<void, Problem> {
    const { mostViewers, mostOfOne } = this.#options;
    if (this.#isClosed) return fail(problem(503, 'NotServing', 'this replica is shutting down', 1));
    if (this.#count >= mostViewers) return fail(problem(503, 'TooManyViewers', `${mostViewers} streams are open`, 10));
    if ((this.#ofCaller.get(username) ?? 0) >= mostOfOne)
      return fail(problem(429, 'TooManyViewers', `${username} has ${mostOfOne} streams open`, 10));
    return ok(undefined);
  }

  /** Shows the Rollout until the viewer goes, the token ends, or the Rollout is gone. */
  join(joining: Joining): void {
    const { key, sink, username } = joining;
    const topic = this.#topicOf(key);
    const viewer = new Viewer({
      ...joining,
      clock: this.#options.clock,
      newest: () => topic.frame,
      onEnd: () => this.#leave(topic, viewer, username),
      turn: this.#count,
    });
    topic.viewers.add(viewer);
    this.#count += 1;
    this.#ofCaller.set(username, (this.#ofCaller.get(username) ?? 0) + 1);
    this.#cancelTick ??= this.#options.clock.after(tickMs, () => this.#tick());
    sink.write(Buffer.from('retry: 3000\n\n'));
    if (joining.lastEventId !== topic.id) viewer.show(topic.frame);
    if (topic.id === '') viewer.end('NotFound');
  }

  /** Ends all streams: their clients come again, elsewhere. */
  close(): void {
    this.#isClosed = true;
    for (const topic of [...this.#topics.values()]) for (const viewer of [...topic.viewers]) viewer.end('NotServing');
    this.#cancelTick?.();
  }

  #topicOf(key: RolloutKey): Topic {
    const named = `${key.namespace}/${key.name}`;
    const known = this.#topics.get(named);
    if (known !== undefined) return known;
    const unknown: Pick<Topic, 'id' | 'frame'> = { id: '', frame: Buffer.alloc(0) };
    const topic: Topic = {
      ...{ key, viewers: new Set(), shownAtMs: this.#options.clock.monotonicMs(), unwatch() {}, cancel: undefined },
      ...(this.#frameOf(key) ?? unknown),
    };
    topic.unwatch = this.#options.source.watch(key, () => this.#changed(topic));
    this.#topics.set(named, topic);
    return topic;
  }

  #frameOf(key: RolloutKey): Pick<Topic, 'id' | 'frame'> | undefined {
    const view = this.#options.source.get(key);
    if (view === undefined) return undefined;
    const text = JSON.stringify(view);
    // By its content, so that it means the same to every replica.
    const id = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    return { id, frame: Buffer.from(`id: ${id}\nevent: rollout\ndata: ${text}\n\n`) };
  }

  #changed(topic: Topic): void {
    const { clock } = this.#options;
    const waitMs = Math.max(0, topic.shownAtMs + betweenMs - clock.monotonicMs());
    topic.cancel ??= clock.after(waitMs, () => {
      topic.cancel = undefined;
      topic.shownAtMs = clock.monotonicMs();
      this.#show(topic);
    });
  }

  #show(topic: Topic): void {
    const made = this.#frameOf(topic.key);
    if (made === undefined) {
      for (const viewer of [...topic.viewers]) viewer.end('NotFound');
      return;
    }
    if (made.id === topic.id) return;
    Object.assign(topic, made);
    for (const viewer of [...topic.viewers]) viewer.show(topic.frame);
  }

  #tick(): void {
    for (const { viewers } of [...this.#topics.values()]) for (const viewer of [...viewers]) viewer.tick();
    this.#cancelTick = this.#count === 0 ? undefined : this.#options.clock.after(tickMs, () => this.#tick());
  }

  #leave(topic: Topic, viewer: Viewer, username: string): void {
    if (!topic.viewers.delete(viewer)) return;
    this.#count -= 1;
    const left = (this.#ofCaller.get(username) ?? 1) - 1;
    if (left === 0) this.#ofCaller.delete(username);
    else this.#ofCaller.set(username, left);
    if (topic.viewers.size > 0) return;
    topic.unwatch();
    topic.cancel?.();
    this.#topics.delete(`${topic.key.namespace}/${topic.key.name}`);
  }
}

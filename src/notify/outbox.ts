import type { News } from './news.ts';

/** What one sink has still to be told, in order; the latest of each message. Bounded: what is dropped is found again in status by the next leader. */
export class Outbox {
  readonly #limit: number;
  readonly #news = new Map<string, Item>();
  #dropped = 0;

  constructor(limit = 2_000) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#news.size;
  }

  /** Since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** A message that is not out yet is changed where it stands. */
  add(item: Item): void {
    this.#news.set(keyOf(item), item);
    if (this.#news.size <= this.#limit) return;
    const [oldest] = this.#news.keys();
    if (oldest !== undefined) this.#news.delete(oldest);
    this.#dropped += 1;
  }

  first(): Item | undefined {
    const [item] = this.#news.values();
    return item;
  }

  /** Unless another has taken its place meanwhile. */
  remove(item: Item): void {
    if (this.#news.get(keyOf(item)) === item) this.#news.delete(keyOf(item));
  }
}

export interface Item {
  readonly news: News;
  /** Told, told again because it still is so, or told that it is over. */
  readonly kind: 'tell' | 'repeat' | 'over';
}

const keyOf = ({ news, kind }: Item): string => `${news.id}${kind === 'over' ? '/over' : ''}`;

interface Due {
  readonly key: string;
  readonly atMs: number;
}

/** One due time a key, earliest first. Replaced entries stay in the heap until they surface or outnumber the live ones. */
export class DueHeap {
  readonly #dueMs = new Map<string, number>();
  #heap: Due[] = [];

  get size(): number {
    return this.#dueMs.size;
  }

  /** The earlier of the known and the new time counts. */
  set(key: string, atMs: number): void {
    const known = this.#dueMs.get(key);
    if (known !== undefined && known <= atMs) return;
    this.#dueMs.set(key, atMs);
    this.#push({ key, atMs });
    if (this.#heap.length > 2 * this.#dueMs.size + 64) this.#rebuild();
  }

  delete(key: string): void {
    this.#dueMs.delete(key);
  }

  nextMs(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.atMs;
  }

  /** Removes and gives the earliest key that is due. */
  popDue(nowMs: number): string | undefined {
    this.#dropStale();
    const first = this.#heap[0];
    if (first === undefined || first.atMs > nowMs) return undefined;
    this.#pop();
    this.#dueMs.delete(first.key);
    return first.key;
  }

  clear(): void {
    this.#dueMs.clear();
    this.#heap = [];
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first !== undefined && this.#dueMs.get(first.key) !== first.atMs; first = this.#heap[0]) this.#pop();
  }

  #rebuild(): void {
    const live = Array.from(this.#dueMs, ([key, atMs]) => ({ key, atMs }));
    this.#heap = [];
    for (const due of live) this.#push(due);
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(due);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.atMs <= due.atMs) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && right.atMs < left.atMs ? right : left;
      if (child === undefined || child.atMs >= last.atMs) break;
      heap[index] = child;
      index = 2 * index + (child === right ? 2 : 1);
    }
    heap[index] = last;
  }
}

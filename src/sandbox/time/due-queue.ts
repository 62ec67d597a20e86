/** Something to do at a moment; without `fire` once it is cancelled or done. */
export interface Due {
  readonly atMs: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

/** Earliest first, then by order. What is cancelled stays until it surfaces. */
export class DueQueue {
  readonly #heap: Due[] = [];

  push(due: Due): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(due);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(due, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = due;
  }

  /** The earliest that is still wanted. */
  first(): Due | undefined {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.fire !== undefined) return top;
      this.#pop();
    }
    return undefined;
  }

  take(): Due | undefined {
    const top = this.first();
    if (top !== undefined) this.#pop();
    return top;
  }

  /** All that is still wanted, in no order. */
  *[Symbol.iterator](): Iterator<Due> {
    for (const due of this.#heap) if (due.fire !== undefined) yield due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      heap[index] = child;
      index = 2 * index + (child === right ? 2 : 1);
    }
    heap[index] = last;
  }
}

const isBefore = (left: Due, right: Due): boolean => left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);

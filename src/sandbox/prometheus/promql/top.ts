import type { Sample } from './value.ts';

/**
 * The `most` largest or smallest samples, best first, NaN last and only where there is room. Among equal ones the heap of the real
 * server decides who stays, so this is that heap (Go's container/heap), step by step.
 */
export function extremes(samples: readonly Sample[], most: number, which: 'largest' | 'smallest'): readonly Sample[] {
  const isWorse = (left: Sample, right: Sample): boolean =>
    Number.isNaN(left.value) || (which === 'largest' ? left.value < right.value : left.value > right.value);
  const heap: Sample[] = [];
  for (const sample of samples) {
    const [worst] = heap;
    if (worst === undefined || heap.length < most) {
      push(heap, sample, isWorse);
    } else if (isWorse(worst, sample)) {
      if (most === 1) {
        heap[0] = sample;
        continue;
      }
      pop(heap, isWorse);
      push(heap, sample, isWorse);
    }
  }
  return heap.sort((left, right) => (isWorse(right, left) ? -1 : isWorse(left, right) ? 1 : 0));
}

type Less = (left: Sample, right: Sample) => boolean;

function push(heap: Sample[], sample: Sample, isLess: Less): void {
  heap.push(sample);
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (!swapIf(heap, at, parent, isLess)) return;
    at = parent;
  }
}

function pop(heap: Sample[], isLess: Less): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  for (let at = 0; ; ) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    const [leftSample, rightSample] = [heap[left], heap[right]];
    if (leftSample === undefined) return;
    const child = rightSample !== undefined && isLess(rightSample, leftSample) ? right : left;
    if (!swapIf(heap, child, at, isLess)) return;
    at = child;
  }
}

/** Puts the sample at `from` in the place of the one at `to` where it is the lesser. */
function swapIf(heap: Sample[], from: number, to: number, isLess: Less): boolean {
  const [moving, staying] = [heap[from], heap[to]];
  if (moving === undefined || staying === undefined || !isLess(moving, staying)) return false;
  heap[from] = staying;
  heap[to] = moving;
  return true;
}

import type { Program } from './program.ts';
import type { Assertion } from './syntax.ts';

/**
 * Runs the program over the whole text, all alternatives at once, one step per rune: time grows with the length of the text times
 * the length of the program, whatever the expression. The answer holds the bounds of each group, in runes; undefined: no match.
 */
export function runWhole({ instructions, start }: Program, runes: readonly string[], slots: number): readonly number[] | undefined {
  let threads: Thread[] = [];
  const seen = new Int32Array(instructions.length).fill(-1);
  const add = (list: Thread[], at: number, position: number, saved: Saved): void => {
    // A stack of our own: a long expression must not exhaust the engine's.
    const pending: [number, Saved][] = [[at, saved]];
    for (let top = pending.pop(); top !== undefined; top = pending.pop()) {
      const [index, slotsNow] = top;
      const instruction = instructions[index];
      if (instruction === undefined || seen[index] === position) continue;
      seen[index] = position;
      switch (instruction.op) {
        case 'split':
          pending.push([instruction.second, slotsNow], [instruction.first, slotsNow]);
          break;
        case 'save':
          pending.push([instruction.next, slots === 0 ? slotsNow : stored(slotsNow, instruction.slot, position)]);
          break;
        case 'assert':
          if (holds(instruction.at, runes, position)) pending.push([instruction.next, slotsNow]);
          break;
        default:
          list.push({ index, saved: slotsNow });
      }
    }
  };
  add(threads, start, 0, undefined);
  for (let position = 0; position < runes.length && threads.length > 0; position++) {
    const rune = runes[position] ?? '';
    const next: Thread[] = [];
    for (const { index, saved } of threads) {
      const instruction = instructions[index];
      if (instruction?.op === 'rune' && instruction.matches(rune)) add(next, instruction.next, position + 1, saved);
    }
    threads = next;
  }
  const done = threads.find(({ index }) => instructions[index]?.op === 'match');
  return done === undefined ? undefined : boundsOf(done.saved, slots);
}

interface Thread {
  readonly index: number;
  readonly saved: Saved;
}

/** What was saved last, and what before it: shared between threads, so never changed. */
type Saved = { readonly slot: number; readonly position: number; readonly before: Saved } | undefined;

const stored = (before: Saved, slot: number, position: number): Saved => ({ slot, position, before });

function boundsOf(saved: Saved, slots: number): readonly number[] {
  const bounds = new Array<number>(slots).fill(-1);
  for (let each = saved; each !== undefined; each = each.before) {
    if (bounds[each.slot] === -1) bounds[each.slot] = each.position;
  }
  return bounds;
}

function holds(at: Assertion, runes: readonly string[], position: number): boolean {
  switch (at) {
    case 'textStart':
      return position === 0;
    case 'textEnd':
      return position === runes.length;
    case 'lineStart':
      return position === 0 || runes[position - 1] === '\n';
    case 'lineEnd':
      return position === runes.length || runes[position] === '\n';
    case 'wordBoundary':
      return isWord(runes[position - 1]) !== isWord(runes[position]);
    case 'noWordBoundary':
      return isWord(runes[position - 1]) === isWord(runes[position]);
  }
}

const isWord = (rune: string | undefined): boolean => rune !== undefined && /[0-9A-Za-z_]/.test(rune);

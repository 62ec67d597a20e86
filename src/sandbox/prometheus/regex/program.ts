import { type Assertion, fault, type Node } from './syntax.ts';

/** One instruction; `next` and the targets of a split are indexes. A split prefers its first target. */
export type Instruction =
  | { readonly op: 'rune'; readonly matches: (rune: string) => boolean; readonly next: number }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'assert'; readonly at: Assertion; readonly next: number }
  | { readonly op: 'save'; readonly slot: number; readonly next: number }
  | { readonly op: 'match' };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

const mostInstructions = 50_000;

/** Built from its end to its beginning: each node is told where to go on. */
export function compileProgram(root: Node): Program {
  const instructions: Instruction[] = [{ op: 'match' }];
  const emit = (instruction: Instruction): number => {
    if (instructions.length > mostInstructions) throw fault('expression too large', '');
    return instructions.push(instruction) - 1;
  };
  const build = (node: Node, next: number): number => {
    switch (node.kind) {
      case 'empty':
        return next;
      case 'rune':
        return emit({ op: 'rune', matches: node.matches, next });
      case 'assert':
        return emit({ op: 'assert', at: node.at, next });
      case 'group': {
        const end = emit({ op: 'save', slot: node.index * 2 + 1, next });
        return emit({ op: 'save', slot: node.index * 2, next: build(node.body, end) });
      }
      case 'concat':
        return node.parts.reduceRight((after, part) => build(part, after), next);
      case 'either':
        return node.parts.map((part) => build(part, next)).reduceRight((second, first) => emit({ op: 'split', first, second }));
      case 'repeat':
        return repeat(node, next);
    }
  };
  const split = (isGreedy: boolean, body: number, after: number): number =>
    emit(isGreedy ? { op: 'split', first: body, second: after } : { op: 'split', first: after, second: body });
  /** At least once: the loop's head comes after the body and is put in place before it exists. */
  const plus = (body: Node, isGreedy: boolean, next: number): number => {
    const head = emit({ op: 'match' });
    const first = build(body, head);
    instructions[head] = isGreedy ? { op: 'split', first, second: next } : { op: 'split', first: next, second: first };
    return first;
  };
  const repeat = ({ body, min, max, isGreedy }: Extract<Node, { kind: 'repeat' }>, next: number): number => {
    let entry = next;
    if (max !== undefined) {
      for (let copy = min; copy < max; copy++) entry = split(isGreedy, build(body, entry), next);
    } else {
      // As `(x+)?`: an empty round then counts once, and groups of an earlier round are not kept.
      const first = plus(body, isGreedy, next);
      entry = min > 0 ? first : split(isGreedy, first, next);
    }
    for (let copy = max === undefined ? 1 : 0; copy < min; copy++) entry = build(body, entry);
    return entry;
  };
  return { start: build(root, 0), instructions };
}

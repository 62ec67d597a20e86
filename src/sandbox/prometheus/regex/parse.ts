import { negated, oneRune, perlClass, posixClass, type RuneTest, runeRange, unicodeClass } from './classes.ts';
import { type Assertion, fault, type Node, type Parsed } from './syntax.ts';

interface Flags {
  readonly ignoresCase: boolean;
  readonly isMultiLine: boolean;
  readonly dotIsAll: boolean;
  readonly isUngreedy: boolean;
}

const noFlags: Flags = { ignoresCase: false, isMultiLine: false, dotIsAll: false, isUngreedy: false };
const flagNames: Readonly<Record<string, keyof Flags>> = { i: 'ignoresCase', m: 'isMultiLine', s: 'dotIsAll', U: 'isUngreedy' };

/** Go allows no more repetitions, so that no short expression makes a huge program. */
const mostRepetitions = 1_000;

/** Reads a regular expression with Go's Perl flags. Throws RegexError. */
export function parseRegex(pattern: string): Parsed {
  const parser = new Parser(pattern);
  return { root: parser.all(), groupNames: parser.groupNames };
}

class Parser {
  readonly groupNames: (string | undefined)[] = [undefined];
  readonly #pattern: string;
  readonly #runes: readonly string[];
  #at = 0;
  #flags: Flags = noFlags;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#runes = [...pattern];
  }

  all(): Node {
    const root = this.#either();
    if (this.#at < this.#runes.length) throw fault('unexpected )', this.#pattern);
    return root;
  }

  #peek(text: string): boolean {
    return [...text].every((rune, index) => this.#runes[this.#at + index] === rune);
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false;
    this.#at += [...text].length;
    return true;
  }

  #textFrom(start: number): string {
    return this.#runes.slice(start, this.#at).join('');
  }

  #either(): Node {
    const parts = [this.#concat()];
    while (this.#take('|')) parts.push(this.#concat());
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'either', parts };
  }

  #concat(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#runes.length && !this.#peek('|') && !this.#peek(')')) {
      const isQuoted = this.#take('\\Q');
      const node = isQuoted ? undefined : this.#atom();
      if (isQuoted) parts.push(...this.#literalText());
      // `(?i)` changes what follows and is nothing by itself: a repetition after it is of what stood before.
      const last = node ?? parts.pop();
      if (last !== undefined) parts.push(this.#repeated(last));
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'concat', parts };
  }

  #literalText(): Node[] {
    const nodes: Node[] = [];
    while (this.#at < this.#runes.length && !this.#take('\\E')) nodes.push(this.#literal(this.#runes[this.#at++] ?? ''));
    return nodes;
  }

  #literal(rune: string): Node {
    return { kind: 'rune', matches: oneRune(rune, this.#flags.ignoresCase) };
  }

  #repeated(atom: Node): Node {
    let node = atom;
    let firstAt: number | undefined;
    for (;;) {
      const start = this.#at;
      const range = this.#repetition();
      if (range === undefined) return node;
      const isLazy = this.#take('?');
      if (firstAt !== undefined) throw fault('invalid nested repetition operator', this.#textFrom(firstAt));
      firstAt = start;
      node = { kind: 'repeat', body: node, ...range, isGreedy: isLazy === this.#flags.isUngreedy };
    }
  }

  #repetition(): { readonly min: number; readonly max: number | undefined } | undefined {
    if (this.#take('*')) return { min: 0, max: undefined };
    if (this.#take('+')) return { min: 1, max: undefined };
    if (this.#take('?')) return { min: 0, max: 1 };
    const [text, low, comma, high] =
      /^\{([0-9]{1,9})(?:(,)([0-9]{1,9})?)?\}/.exec(this.#runes.slice(this.#at, this.#at + 24).join('')) ?? [];
    // Anything else in braces is text.
    if (text === undefined) return undefined;
    this.#at += text.length;
    const min = Number(low);
    const max = comma === undefined ? min : high === undefined ? undefined : Number(high);
    if (min > mostRepetitions || (max ?? 0) > mostRepetitions || (max !== undefined && max < min))
      throw fault('invalid repeat count', text);
    return { min, max };
  }

  #atom(): Node | undefined {
    const start = this.#at;
    if (this.#repetition() !== undefined) {
      this.#take('?');
      throw fault('missing argument to repetition operator', this.#textFrom(start));
    }
    const rune = this.#runes[this.#at++] ?? '';
    switch (rune) {
      case '.':
        return { kind: 'rune', matches: this.#flags.dotIsAll ? () => true : (each) => each !== '\n' };
      case '^':
        return assert(this.#flags.isMultiLine ? 'lineStart' : 'textStart');
      case '$':
        return assert(this.#flags.isMultiLine ? 'lineEnd' : 'textEnd');
      case '(':
        return this.#group();
      case '[':
        return { kind: 'rune', matches: this.#class() };
      case '\\':
        return this.#escape();
      default:
        return this.#literal(rune);
    }
  }

  #group(): Node | undefined {
    const before = this.#flags;
    if (this.#peek('?')) return this.#flagGroup();
    return this.#captured(undefined, before);
  }

  /** After `(?`: a name, flags for what follows, or a group without a number. */
  #flagGroup(): Node | undefined {
    const before = this.#flags;
    const rest = this.#runes.slice(this.#at).join('');
    const [name, named] = /^\?P?<([^>]*)>/.exec(rest) ?? [];
    if (name?.startsWith('?P<') && named !== undefined) {
      if (!/^[A-Za-z0-9_]+$/.test(named)) throw fault('invalid named capture', `(${name}`);
      this.#at += name.length;
      return this.#captured(named, before);
    }
    const [text, on = '', off, end] = /^\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest) ?? [];
    if (text === undefined) throw fault('invalid or unsupported Perl syntax', `(${/^\?[imsU-]*[\s\S]?/.exec(rest)?.[0] ?? '?'}`);
    this.#at += text.length;
    this.#flags = withFlags(withFlags(before, on, true), off ?? '', false);
    return end === ')' ? undefined : this.#body(before);
  }

  #captured(name: string | undefined, before: Flags): Node {
    const index = this.groupNames.push(name) - 1;
    return { kind: 'group', index, body: this.#body(before) };
  }

  #body(before: Flags): Node {
    const body = this.#either();
    if (!this.#take(')')) throw fault('missing closing )', this.#pattern);
    this.#flags = before;
    return body;
  }

  #escape(): Node {
    const start = this.#at - 1;
    const rune = this.#runes[this.#at];
    if (rune === undefined) throw fault('trailing backslash at end of expression', '');
    const assertion = assertions[rune];
    if (assertion !== undefined) {
      this.#at++;
      return assert(assertion);
    }
    const test = this.#classEscape();
    return test === undefined ? this.#literal(this.#escapedRune(start)) : { kind: 'rune', matches: test };
  }

  /** `\d`, `\pL`: after the backslash; undefined where it is none of them. */
  #classEscape(): RuneTest | undefined {
    const rune = this.#runes[this.#at] ?? '';
    const known = perlClass(rune);
    if (known !== undefined) {
      this.#at++;
      return known;
    }
    if (rune !== 'p' && rune !== 'P') return undefined;
    const text = /^(?:\{[^}]*\}|[\s\S])/u.exec(this.#runes.slice(this.#at + 1).join(''))?.[0] ?? '';
    this.#at += 1 + [...text].length;
    return unicodeClass(`\\${rune}${text}`);
  }

  /** The rune that an escape stands for; `start` is where its backslash is. */
  #escapedRune(start: number): string {
    const rune = this.#runes[this.#at++] ?? '';
    const control = controls[rune];
    if (control !== undefined) return control;
    const rest = this.#runes.slice(this.#at - 1, this.#at + 12).join('');
    const [text, hex, octal] = /^(?:x(?:([0-9A-Fa-f]{2})|\{[0-9A-Fa-f]{1,8}\})|(0[0-7]{0,2}|[1-7][0-7]{1,2}))/.exec(rest) ?? [];
    if (text !== undefined) {
      this.#at += text.length - 1;
      const code = octal === undefined ? Number.parseInt(hex ?? text.slice(2, -1), 16) : Number.parseInt(octal, 8);
      if (code <= 0x10ffff) return String.fromCodePoint(code);
      // The digit that made it too large is the last one that was read.
      const digits = [...text.slice(2, -1)];
      const read = digits.findIndex((_, at) => Number.parseInt(digits.slice(0, at + 1).join(''), 16) > 0x10ffff) + 1;
      throw fault('invalid escape sequence', `\\x{${digits.slice(0, read).join('')}`);
    } else if (/^\p{ASCII}$/u.test(rune) && !/[0-9A-Za-z]/.test(rune)) {
      return rune;
    }
    throw fault('invalid escape sequence', this.#textFrom(start));
  }

  /** After `[`. */
  #class(): RuneTest {
    const start = this.#at - 1;
    const isNegated = this.#take('^');
    const tests: RuneTest[] = [];
    for (let isFirst = true; isFirst || !this.#take(']'); isFirst = false) {
      if (this.#at >= this.#runes.length) throw fault('missing closing ]', this.#runes.slice(start).join(''));
      tests.push(this.#classItem(start));
    }
    const test: RuneTest = (rune) => tests.some((each) => each(rune));
    return isNegated ? negated(test) : test;
  }

  #classItem(classStart: number): RuneTest {
    const named = /^\[:\^?[A-Za-z]*:\]/.exec(this.#runes.slice(this.#at).join(''))?.[0];
    if (named !== undefined) {
      this.#at += named.length;
      return posixClass(named);
    }
    const start = this.#at;
    if (this.#take('\\')) {
      const test = this.#classEscape();
      if (test !== undefined) return test;
      this.#at = start;
    }
    const low = this.#classRune(classStart);
    const isRange = this.#peek('-') && this.#runes[this.#at + 1] !== undefined && this.#runes[this.#at + 1] !== ']';
    if (!isRange) return oneRune(low, this.#flags.ignoresCase);
    this.#at++;
    const high = this.#classRune(classStart);
    if ((high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0)) throw fault('invalid character class range', this.#textFrom(start));
    return runeRange(low, high, this.#flags.ignoresCase);
  }

  #classRune(classStart: number): string {
    const start = this.#at;
    const rune = this.#runes[this.#at++];
    if (rune === undefined) throw fault('missing closing ]', this.#runes.slice(classStart).join(''));
    return rune === '\\' ? this.#escapedRune(start) : rune;
  }
}

const assert = (at: Assertion): Node => ({ kind: 'assert', at });
const assertions: Readonly<Record<string, Assertion>> = { A: 'textStart', z: 'textEnd', b: 'wordBoundary', B: 'noWordBoundary' };
const controls: Readonly<Record<string, string>> = { a: '\u0007', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

const withFlags = (flags: Flags, letters: string, value: boolean): Flags => ({
  ...flags,
  ...Object.fromEntries([...letters].flatMap((letter) => (flagNames[letter] === undefined ? [] : [[flagNames[letter], value]]))),
});

import { fault } from './syntax.ts';

export type RuneTest = (rune: string) => boolean;

const perl: Readonly<Record<string, RegExp>> = { d: /[0-9]/, w: /[0-9A-Za-z_]/, s: /[\t\n\f\r ]/ };

const posix: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  ascii: /\p{ASCII}/u,
  blank: /[\t ]/,
  cntrl: /\p{Cc}(?<!\P{ASCII})/u,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t\n\v\f\r ]/,
  upper: /[A-Z]/,
  word: /[0-9A-Za-z_]/,
  xdigit: /[0-9A-Fa-f]/,
};

export const negated = (test: RuneTest): RuneTest => {
  return (rune) => !test(rune);
};

/** `\d`, `\W` and their like; undefined for another letter. */
export function perlClass(letter: string): RuneTest | undefined {
  const expression = perl[letter.toLowerCase()];
  if (expression === undefined) return undefined;
  const test: RuneTest = (rune) => expression.test(rune);
  return letter === letter.toLowerCase() ? test : negated(test);
}

/** `[:alpha:]`, `[:^alpha:]`. */
export function posixClass(text: string): RuneTest {
  const isNegated = text.startsWith('[:^');
  const expression = posix[text.slice(isNegated ? 3 : 2, -2)];
  if (expression === undefined) throw fault('invalid character class range', text);
  const test: RuneTest = (rune) => expression.test(rune);
  return isNegated ? negated(test) : test;
}

/** `\p{Greek}`, `\pL`, `\P{...}`, `\p{^...}`: a general category or a script. `text` is the whole of it. */
export function unicodeClass(text: string): RuneTest {
  const [, letter = 'p', caret = '', braced, single] = /^\\([pP])(?:\{(\^?)([^}]*)\}|(.))$/su.exec(text) ?? [];
  const name = braced ?? single ?? '';
  const isNegated = (letter === 'P') !== (caret === '^');
  const expression = propertyOf(name);
  if (expression === undefined) throw fault('invalid character class range', text);
  const test: RuneTest = (rune) => expression.test(rune);
  return isNegated ? negated(test) : test;
}

function propertyOf(name: string): RegExp | undefined {
  if (name === 'Any') return /^[\s\S]$/u;
  if (!/^[A-Za-z_]+$/.test(name)) return undefined;
  for (const property of [`gc=${name}`, `Script=${name}`]) {
    try {
      return new RegExp(`^\\p{${property}}$`, 'u');
    } catch {
      // Not the name of such a property: the next one may be.
    }
  }
  return undefined;
}

export function oneRune(expected: string, ignoresCase: boolean): RuneTest {
  if (!ignoresCase) return (rune) => rune === expected;
  return (rune) => folded(rune) === folded(expected);
}

export function runeRange(low: string, high: string, ignoresCase: boolean): RuneTest {
  const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0];
  const isWithin = (rune: string): boolean => {
    const code = rune.codePointAt(0) ?? -1;
    return code >= from && code <= to;
  };
  return ignoresCase ? (rune) => isWithin(rune) || isWithin(rune.toLowerCase()) || isWithin(rune.toUpperCase()) : isWithin;
}

const folded = (rune: string): string => rune.toLowerCase().toUpperCase();

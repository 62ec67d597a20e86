import { quotedRune } from '../go-text.ts';
import { ParseError } from './failure.ts';
import { scanDuration, scanNumber, scanString } from './scan.ts';
import { kindOfWord, type Token, type TokenKind } from './token.ts';

const isSpace = (rune: string): boolean => rune === ' ' || rune === '\t' || rune === '\n' || rune === '\r';
const isAlpha = (rune: string): boolean => /^[A-Za-z_]$/.test(rune);
const isDigit = (rune: string): boolean => /^[0-9]$/.test(rune);

const pairs: ReadonlySet<string> = new Set(['==', '!=', '<=', '>=']);
const braceOperators = /^(?:=~|!~|!=|=)/;

/** Gives one token at a time, so that an error far behind another one is never the first. Throws ParseError. */
export class Lexer {
  readonly #text: string;
  #at = 0;
  #parens = 0;
  #inBraces = false;
  #inBrackets = false;
  #hasColon = false;
  #mustBeDuration = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    // A comment may not follow a left bracket.
    if (this.#mustBeDuration) this.#skipSpaces();
    else this.#skipBlank();
    const start = this.#at;
    const rune = this.#rune();
    if (this.#mustBeDuration) return this.#rangeDuration(start);
    if (this.#inBraces) return this.#insideBraces(start, rune);
    if (rune === '') return this.#end(start);
    if (rune === '"' || rune === "'" || rune === '`') return this.#token('string', start, scanString(this.#text, start));
    if (isDigit(rune) || (rune === '.' && isDigit(this.#text.charAt(start + 1)))) return this.#numberOrDuration(start);
    if (isAlpha(rune) || rune === ':') return this.#wordOrColon(start, rune);
    return this.#symbol(start, rune);
  }

  #rune(): string {
    const code = this.#text.codePointAt(this.#at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  #skipSpaces(): void {
    while (isSpace(this.#text.charAt(this.#at))) this.#at++;
  }

  #skipBlank(): void {
    for (;;) {
      this.#skipSpaces();
      if (this.#text.charAt(this.#at) !== '#') return;
      while (this.#at < this.#text.length && !/[\r\n]/.test(this.#text.charAt(this.#at))) this.#at++;
    }
  }

  #token(kind: TokenKind, start: number, end: number): Token {
    this.#at = end;
    const text = this.#text.slice(start, end);
    return { kind, text, word: text.toLowerCase(), start, end };
  }

  #end(start: number): Token {
    if (this.#parens !== 0) throw new ParseError(start, 'unclosed left parenthesis');
    if (this.#inBrackets) throw new ParseError(start, 'unclosed left bracket');
    return this.#token('end', start, start);
  }

  #wordOrColon(start: number, rune: string): Token {
    if (this.#inBrackets) {
      if (this.#hasColon) throw new ParseError(start, `unexpected colon ${quotedRune(rune)}`);
      this.#hasColon = true;
      // Any letter there counts as a colon.
      return { ...this.#token('punctuation', start, start + 1), word: ':' };
    }
    const [word = ''] = /^[A-Za-z0-9_:]+/.exec(this.#text.slice(start)) ?? [];
    return this.#token(kindOfWord(word), start, start + word.length);
  }

  #numberOrDuration(start: number): Token {
    const { end, isWhole } = scanNumber(this.#text, start);
    if (isWhole) return this.#token('number', start, end);
    return this.#token('duration', start, scanDuration(this.#text, start, end, 'number or duration'));
  }

  #rangeDuration(start: number): Token {
    this.#mustBeDuration = false;
    const { end, isWhole } = scanNumber(this.#text, start);
    if (isWhole) throw new ParseError(start, 'missing unit character in duration');
    return this.#token('duration', start, scanDuration(this.#text, start, end, 'duration'));
  }

  #symbol(start: number, rune: string): Token {
    const two = this.#text.slice(start, start + 2);
    if (pairs.has(two)) return this.#token('operator', start, start + 2);
    switch (rune) {
      case ',':
        return this.#token('punctuation', start, start + 1);
      case '(':
        this.#parens++;
        return this.#token('punctuation', start, start + 1);
      case ')':
        this.#parens--;
        if (this.#parens < 0) throw new ParseError(start + 1, `unexpected right parenthesis ${quotedRune(rune)}`);
        return this.#token('punctuation', start, start + 1);
      case '{':
        this.#inBraces = true;
        return this.#token('punctuation', start, start + 1);
      case '[':
        return this.#leftBracket(start);
      case ']':
        if (!this.#inBrackets) throw new ParseError(start, `unexpected right bracket ${quotedRune(rune)}`);
        this.#inBrackets = false;
        return this.#token('punctuation', start, start + 1);
      case '@':
        return this.#token('at', start, start + 1);
      case '=':
        if (two === '=~') throw new ParseError(start, `unexpected character after '=': '~'`);
        return this.#token('punctuation', start, start + 1);
      case '!': {
        const after = [...this.#text.slice(start + 1)][0];
        throw new ParseError(start, `unexpected character after '!': ${after === undefined ? "'\uFFFD'" : quotedRune(after)}`);
      }
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case '^':
      case '<':
      case '>':
        return this.#token('operator', start, start + 1);
      default:
        throw new ParseError(start, `unexpected character: ${quotedRune(rune)}`);
    }
  }

  #leftBracket(start: number): Token {
    if (this.#inBrackets) throw new ParseError(start, "unexpected left bracket '['");
    this.#inBrackets = true;
    this.#hasColon = false;
    this.#mustBeDuration = true;
    return this.#token('punctuation', start, start + 1);
  }

  #insideBraces(start: number, rune: string): Token {
    if (rune === '') throw new ParseError(start, 'unexpected end of input inside braces');
    if (isAlpha(rune)) {
      const [word = ''] = /^[A-Za-z0-9_]+/.exec(this.#text.slice(start)) ?? [];
      return this.#token('identifier', start, start + word.length);
    }
    if (rune === '"' || rune === "'" || rune === '`') return this.#token('string', start, scanString(this.#text, start));
    if (rune === ',') return this.#token('punctuation', start, start + 1);
    if (rune === '}') {
      this.#inBraces = false;
      return this.#token('punctuation', start, start + 1);
    }
    const [operator] = braceOperators.exec(this.#text.slice(start, start + 2)) ?? [];
    if (operator !== undefined) return this.#token('operator', start, start + operator.length);
    if (rune === '{') throw new ParseError(start, "unexpected left brace '{'");
    if (rune === '!') {
      const after = [...this.#text.slice(start + 1)][0];
      throw new ParseError(start, `unexpected character after '!' inside braces: ${after === undefined ? "'\uFFFD'" : quotedRune(after)}`);
    }
    throw new ParseError(start, `unexpected character inside braces: ${quotedRune(rune)}`);
  }
}

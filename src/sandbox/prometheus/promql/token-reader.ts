import { ParseError } from './failure.ts';
import { Lexer } from './lexer.ts';
import { describeToken, type Token } from './token.ts';

/** One token ahead of the lexer, read as late as possible: an error further on must not come before one that is nearer. */
export class TokenReader {
  readonly #lexer: Lexer;
  #ahead: Token | undefined;
  #lastEnd = 0;
  #openAggregations = 0;

  constructor(query: string) {
    this.#lexer = new Lexer(query);
  }

  peek(): Token {
    this.#ahead ??= this.#lexer.next();
    return this.#ahead;
  }

  take(): Token {
    const token = this.peek();
    this.#ahead = undefined;
    this.#lastEnd = token.end;
    return token;
  }

  /** Where the last token that was taken ends. */
  get lastEnd(): number {
    return this.#lastEnd;
  }

  /** Whether the next token is such a keyword, operator or sign; strings and names are never signs. */
  isNext(word: string): boolean {
    const { kind, word: found } = this.peek();
    return found === word && kind !== 'string' && kind !== 'identifier' && kind !== 'metricIdentifier';
  }

  takeIf(word: string): boolean {
    if (!this.isNext(word)) return false;
    this.take();
    return true;
  }

  /** Inside of an aggregation, an error that nothing nearer explains is said to be in it. */
  inAggregation<T>(read: () => T): T {
    this.#openAggregations++;
    const value = read();
    this.#openAggregations--;
    return value;
  }

  unexpected(context?: string, expected?: string): ParseError {
    const token = this.peek();
    const where = context ?? (this.#openAggregations > 0 ? 'aggregation' : undefined);
    const message = `unexpected ${describeToken(token)}${where === undefined ? '' : ` in ${where}`}`;
    return new ParseError(token.start, expected === undefined ? message : `${message}, expected ${expected}`);
  }
}

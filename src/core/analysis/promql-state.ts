/** Where in a PromQL text we are: enough of its lexer to know what a value would become there. */
export interface PromqlState {
  readonly mode: 'code' | 'double' | 'single' | 'backtick' | 'comment';
  /** The previous character of a string was a backslash. */
  readonly isEscaped: boolean;
  /** Inside how many `{`, and inside how many `[`. */
  readonly braces: number;
  readonly brackets: number;
  /** A label matcher's operator was read and its value has not begun. */
  readonly expects: 'labelValue' | 'anything';
  /** The label value that is read or expected belongs to `=~` or `!~`. */
  readonly isRegex: boolean;
  /** The previous character of code that is no white space. */
  readonly previous: string;
}

export const initialState: PromqlState = {
  mode: 'code',
  isEscaped: false,
  braces: 0,
  brackets: 0,
  expects: 'anything',
  isRegex: false,
  previous: '',
};

/** The state behind `text`, read on from `state`. */
export function advance(state: PromqlState, text: string): PromqlState {
  let next = state;
  for (const { after } of piecesOf(state, text)) next = after;
  return next;
}

/** A part of a text that is read at once: a character, or many that mean no more than one of them. */
export interface Piece {
  readonly text: string;
  readonly before: PromqlState;
  readonly after: PromqlState;
}

/** Queries are read at every look at a Rollout, so whole words and strings are passed in one go. */
export function* piecesOf(state: PromqlState, text: string): Iterable<Piece> {
  let before = state;
  for (let at = 0; at < text.length; ) {
    const piece = dullPiece(before, text, at) ?? String.fromCodePoint(text.codePointAt(at) ?? 0);
    // What is dull leaves every state as its last character does.
    const last = before.mode === 'code' ? piece.slice(-1) : piece;
    const after = step(before, piece.length > 1 ? last : piece);
    yield { text: piece, before, after };
    before = after;
    at += piece.length;
  }
}

/** Words, numbers and what stands between them in code; in a string what neither ends nor escapes. */
function dullPiece({ mode, isEscaped }: PromqlState, text: string, at: number): string | undefined {
  if (isEscaped) return undefined;
  const dull = dullIn[mode];
  dull.lastIndex = at;
  return dull.exec(text)?.[0];
}

const dullIn: Readonly<Record<PromqlState['mode'], RegExp>> = {
  code: /[\w:.,()+*/-]+/y,
  double: /[^"\\]+/y,
  single: /[^'\\]+/y,
  backtick: /[^`]+/y,
  comment: /[^\n]+/y,
};

function step(state: PromqlState, character: string): PromqlState {
  switch (state.mode) {
    case 'code':
      return codeStep(state, character);
    case 'comment':
      return character === '\n' ? { ...state, mode: 'code' } : state;
    case 'backtick':
      return character === '`' ? closed(state) : state;
    case 'double':
      return stringStep(state, character, '"');
    case 'single':
      return stringStep(state, character, "'");
  }
}

const closed = (state: PromqlState): PromqlState => ({
  ...state,
  mode: 'code',
  isEscaped: false,
  expects: 'anything',
  isRegex: false,
  previous: '',
});

function stringStep(state: PromqlState, character: string, quote: string): PromqlState {
  if (state.isEscaped) return { ...state, isEscaped: false };
  if (character === '\\') return { ...state, isEscaped: true };
  return character === quote ? closed(state) : state;
}

function codeStep(state: PromqlState, character: string): PromqlState {
  if (/\s/.test(character)) return state;
  const next = { ...state, previous: character };
  switch (character) {
    case '"':
      return { ...next, mode: 'double' };
    case "'":
      return { ...next, mode: 'single' };
    case '`':
      return { ...next, mode: 'backtick' };
    case '#':
      return { ...next, mode: 'comment' };
    case '{':
      return { ...next, braces: state.braces + 1, expects: 'anything', isRegex: false };
    case '}':
      return { ...next, braces: Math.max(0, state.braces - 1), expects: 'anything', isRegex: false };
    case '[':
      return { ...next, brackets: state.brackets + 1 };
    case ']':
      return { ...next, brackets: Math.max(0, state.brackets - 1) };
    case '=':
      return state.braces > 0 ? { ...next, expects: 'labelValue', isRegex: false } : next;
    case '~':
      return state.braces > 0 && (state.previous === '=' || state.previous === '!')
        ? { ...next, expects: 'labelValue', isRegex: true }
        : next;
    default:
      return { ...next, expects: 'anything', isRegex: false };
  }
}

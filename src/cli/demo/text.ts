/** Pieces of a line before they are painted, so that a line can be measured and cut without looking into escape sequences. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}
export type Line = readonly Span[];
export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'bad' | 'busy';

export interface Style {
  readonly width: number;
  readonly hasColour: boolean;
  /** False: nothing but ASCII is drawn. */
  readonly isUnicode: boolean;
}

const codes: Readonly<Record<Tone, string>> = { plain: '', strong: '1', faint: '2', good: '32', bad: '31', busy: '36' };

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text, tone });

/** The line as it goes to the terminal, cut to the width. */
export function paint(line: Line, { width, hasColour }: Style): string {
  let room = width;
  let painted = '';
  for (const { text, tone } of line) {
    const shown = cut(printable(text), room);
    room -= widthOf(shown);
    painted += hasColour && codes[tone] !== '' && shown !== '' ? `\x1b[${codes[tone]}m${shown}\x1b[0m` : shown;
  }
  return painted.trimEnd();
}

/** Whatever would move the cursor, ring, hide or turn text around is shown as what it is: objects are written by others. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** Columns that a printable text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const columnsOf = (character: string): number => (/\p{M}/u.test(character) ? 0 : wide.test(character) ? 2 : 1);

function cut(text: string, room: number): string {
  let kept = '';
  let left = room;
  for (const character of text) {
    left -= columnsOf(character);
    if (left < 0) break;
    kept += character;
  }
  return kept;
}

/** Fills up, or cuts, to exactly so many columns. */
export const padEnd = (text: string, columns: number): string => {
  const shown = cut(printable(text), columns);
  return shown + ' '.repeat(columns - widthOf(shown));
};
export const padStart = (text: string, columns: number): string => {
  const shown = cut(printable(text), columns);
  return ' '.repeat(columns - widthOf(shown)) + shown;
};

/** Breaks at blanks into lines of at most so many columns; a longer word is cut by whoever paints it. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

export const minutes = (ms: number): string => {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

export const counted = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
/** Cut, not rounded: 99.996 % is not 100 %. */
export const percent = (share: number): string => (share >= 1 ? '100 %' : `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`);

import { type Chapter, type Frame, renderFrame, renderNews } from './frame.ts';
import { wrap } from './text.ts';

/** Where the demo is seen: drawn in place on a terminal, or told line by line. */
export interface Screen {
  /** As it is now, several times a second. */
  draw(frame: Frame): void;
  /** Gives the terminal back as it was, the last frame on it, and goes on below with whole lines. May be called again. */
  close(): void;
  print(lines: readonly string[]): void;
}

export interface Terminal {
  readonly out: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isPlain: boolean;
}

export function openScreen(terminal: Terminal): Screen {
  const { out, env, isPlain } = terminal;
  const canMove = out.isTTY === true && env.TERM !== 'dumb' && !isPlain;
  return canMove ? drawn(terminal) : told(out);
}

/** Each chapter as it begins, each piece of news as it comes. */
function told(out: NodeJS.WriteStream): Screen {
  let newsTold = 0;
  const begun = new Set<string>();
  const isNew = ({ state, title }: Chapter) => state !== 'ahead' && !begun.has(title);
  const print = (lines: readonly string[]) => void out.write(lines.map((line) => `${line}\n`).join(''));
  return {
    draw({ chapters, news }) {
      for (const chapter of chapters.filter(isNew)) {
        begun.add(chapter.title);
        print([`== ${chapter.title}`]);
      }
      print(news.slice(newsTold).map((piece) => renderNews(piece)));
      newsTold = news.length;
    },
    close() {},
    print,
  };
}

const enter = '\x1b[?1049h\x1b[?25l\x1b[2J';
const leave = '\x1b[?25h\x1b[?1049l';

/** On the terminal's other page, so that no resize leaves anything behind; the last frame is left on the usual one. */
function drawn({ out, env }: Terminal): Screen {
  let last: Frame | undefined;
  let isOpen = false;
  // https://no-color.org: set, and not empty.
  const hasColour = (env.NO_COLOR ?? '') === '';
  const style = () => ({ width: out.columns || 80, hasColour, isUnicode: speaksUnicode(env) });
  const redraw = () => {
    if (last === undefined || !isOpen) return;
    const lines = renderFrame(last, style(), out.rows || 24);
    out.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  };
  const giveBack = () => {
    if (isOpen) out.write(leave);
    isOpen = false;
  };
  return {
    draw(frame) {
      if (!isOpen) {
        out.write(enter);
        process.once('exit', giveBack);
        out.on('resize', redraw);
      }
      isOpen = true;
      last = frame;
      redraw();
    },
    close() {
      if (!isOpen) return;
      giveBack();
      process.off('exit', giveBack);
      out.off('resize', redraw);
      if (last !== undefined) out.write(`${renderFrame(last, style()).join('\n')}\n`);
    },
    print: (lines) =>
      void out.write(
        lines
          .flatMap((line) => wrapped(line, out.columns || 80))
          .map((line) => `${line}\n`)
          .join(''),
      ),
  };
}

/** Sentences; what is indented is to be copied, and stays in one piece. */
const wrapped = (line: string, columns: number): readonly string[] => (line.startsWith(' ') ? [line] : wrap(line, columns));

/** A locale that says nothing of UTF-8 may show anything else as garbage. */
export const speaksUnicode = ({ LC_ALL, LC_CTYPE, LANG }: Terminal['env']): boolean => /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');

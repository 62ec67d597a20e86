import type { Style } from '../demo/text.ts';
import type { Outside } from '../outside.ts';
import { styleOf } from '../style.ts';

export type Render = (style: Style, height: number) => readonly string[];

export interface Screen {
  /** What is shown has changed; drawn a moment later, so that a burst is one picture. */
  changed(): void;
  /** Gives the terminal back, with the last picture left on it. */
  close(): void;
}

const enter = '\x1b[?1049h\x1b[?25l\x1b[2J';
const leave = '\x1b[?25h\x1b[?1049l';
const afterChangeMs = 50;
const tickMs = 1_000;

/** Draws in place, on the terminal's other page: at each change, each second, and when the terminal changes its size. */
export function openScreen({ stdout, env, clock }: Outside, render: Render): Screen {
  let drawn = '';
  let cancel = () => {};
  let isOpen = true;
  const draw = () => {
    cancel();
    if (!isOpen) return;
    const lines = render(styleOf(stdout, env), Math.max(1, stdout.rows || 24));
    // Overwritten line by line and never cleared first: what stays the same does not flicker.
    const picture = `\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`;
    if (picture !== drawn) stdout.write(picture);
    drawn = picture;
    cancel = clock.after(tickMs, draw);
  };
  const resized = () => {
    drawn = '';
    draw();
  };
  const giveBack = () => {
    if (isOpen) stdout.write(leave);
    isOpen = false;
  };
  stdout.write(enter);
  stdout.on('resize', resized);
  process.once('exit', giveBack);
  draw();
  return {
    changed() {
      cancel();
      cancel = clock.after(afterChangeMs, draw);
    },
    close() {
      cancel();
      giveBack();
      stdout.off('resize', resized);
      process.off('exit', giveBack);
      stdout.write(
        render(styleOf(stdout, env), Number.POSITIVE_INFINITY)
          .map((line) => `${line}\n`)
          .join(''),
      );
    },
  };
}

// A plot of steps as SVG, without background and with colours that are read on white and on black.

export interface Line {
  readonly name: string;
  /** Shares by window: 0 to 1. */
  readonly values: readonly number[];
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  /** A dashed line at this share, and what it is. */
  readonly limit?: { readonly at: number; readonly name: string };
}

const colours = ['#2f7ed8', '#d9822b', '#b08d1e', '#c23b5a', '#8a63c9', '#3a9d5d'];
const ink = '#7d8590';
const [width, height, left, top, gap] = [330, 210, 50, 34, 74];

export function plot(panels: readonly Panel[]): string {
  const names = panels[0]?.lines.map(({ name }) => name) ?? [];
  const all = { width: left + panels.length * (width + gap), height: top + height + 92 };
  const legend = names.map((name, index) => {
    const [x, y] = [left + (index % 3) * 270, top + height + 60 + 18 * Math.floor(index / 3)];
    return `<rect x="${x}" y="${y - 6}" width="14" height="4" fill="${colours[index]}"/>${text(x + 19, y, name)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all.width} ${all.height}" width="${all.width}" height="${all.height}" font-family="sans-serif" font-size="12">`,
    ...panels.map((panel, index) => panelOf(panel, left + index * (width + gap))),
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}

const text = (x: number, y: number, words: string, anchor = 'start') =>
  `<text x="${round(x)}" y="${round(y)}" fill="${ink}" text-anchor="${anchor}">${words}</text>`;

function panelOf({ title, lines, limit }: Panel, x0: number): string {
  const count = lines[0]?.values.length ?? 1;
  const x = (window: number) => x0 + (width * window) / count;
  const y = (share: number) => top + height * (1 - share);
  const rule = (share: number, dash: string) =>
    `<path d="M${x0} ${round(y(share))}h${width}" stroke="${ink}" stroke-opacity="0.4"${dash} fill="none"/>`;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => `${rule(share, '')}${text(x0 - 6, y(share) + 4, `${share * 100} %`, 'end')}`);
  const windows = [0, count / 4, count / 2, (3 * count) / 4, count].map((window) =>
    text(x(window), top + height + 17, String(window), 'middle'),
  );
  const steps = lines.map(({ values }, index) => {
    const path = values.map((value, window) => `H${round(x(window + 1))}V${round(y(value))}`).join('');
    return `<path d="M${x0} ${round(y(0))}${path}" stroke="${colours[index]}" stroke-width="2" fill="none"/>`;
  });
  const dashed =
    limit === undefined ? '' : `${rule(limit.at, ' stroke-dasharray="4 3"')}${text(x0 + width, y(limit.at) - 5, limit.name, 'end')}`;
  return [text(x0, 18, title), ...ticks, ...windows, text(x0 + width / 2, top + height + 34, 'looks', 'middle'), dashed, ...steps].join(
    '\n',
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;

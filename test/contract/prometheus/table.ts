// The rows of the contract, as files: a line `FIXTURE @TIME QUERY` (or `@FROM..TO/STEP`), then the answer, indented by two. A line
// break inside of a query is written `⏎`; a file whose first line is `# in order` has answers whose order counts.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export type Time = { readonly at: number } | { readonly from: number; readonly to: number; readonly step: string };

export interface Row {
  readonly fixture: string;
  readonly time: Time;
  readonly query: string;
  readonly answer: string;
}

export interface Table {
  readonly file: string;
  readonly inOrder: boolean;
  readonly rows: readonly Row[];
}

// From the root of the repository, where tests and programs are started: a bundled program is not where its source is.
const folder = resolve('test/contract/prometheus/rows');
const orderMark = '# in order';

export function readTables(): readonly Table[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.table'))
    .sort()
    .map((file) => {
      const lines = readFileSync(join(folder, file), 'utf8').split('\n');
      return { file, inOrder: lines[0] === orderMark, rows: rowsOf(lines) };
    });
}

function rowsOf(lines: readonly string[]): readonly Row[] {
  const rows: { fixture: string; time: Time; query: string; answer: string }[] = [];
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue;
    const last = rows.at(-1);
    if (!line.startsWith('  ')) rows.push(headOf(line));
    else if (last !== undefined) last.answer += `${last.answer === '' ? '' : '\n'}${line.slice(2)}`;
  }
  return rows;
}

function headOf(line: string): Row {
  const [, fixture = '', when = '', query = ''] = /^(\w+) @(\S+) ?(.*)$/.exec(line) ?? [];
  const [, from, to, step = ''] = /^(.+)\.\.(.+)\/(.+)$/.exec(when) ?? [];
  const time: Time = from === undefined ? { at: Number(when) } : { from: Number(from), to: Number(to), step };
  return { fixture, time, query: query.replaceAll('⏎', '\n'), answer: '' };
}

/** Writes the rows down with the answers that they were given. */
export function writeTable({ file, inOrder, rows }: Table): void {
  const texts = rows.map(({ fixture, time, query, answer }) => {
    const when = 'at' in time ? `${time.at}` : `${time.from}..${time.to}/${time.step}`;
    return `${fixture} @${when} ${query.replaceAll('\n', '⏎')}\n${answer.replace(/^/gm, '  ')}\n`;
  });
  writeFileSync(join(folder, file), `${inOrder ? `${orderMark}\n\n` : ''}${texts.join('\n')}`);
}

// What a figure is, and how figures are shown.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname } from 'node:path';

export interface Figure {
  readonly name: string;
  /** Ready to print, with its unit. */
  readonly value: string;
  /** Absent: reported only. */
  readonly goal?: string;
  readonly holds?: boolean;
  /** How it came about, where that is not plain. */
  readonly note?: string;
  /** The raw numbers. */
  readonly details?: unknown;
}

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  /** Others were at work on it, too, when this is near the number of cores before we begin. */
  readonly loadBefore: number;
}

export const machine = (): Machine => ({
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
});

export interface Report {
  readonly commit: string;
  readonly date: string;
  readonly machine: Machine;
  readonly sections: readonly Section[];
}

export function print({ commit, date, machine: on, sections }: Report): void {
  const rows = sections.flatMap(({ title, figures }) => [
    [`-- ${title}`, '', '', ''],
    ...figures.map(({ name, value, goal = '', holds }) => [name, value, goal, holds === undefined ? '' : holds ? 'holds' : 'MISSED']),
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  const lines = [
    '',
    `commit ${commit}, ${date}`,
    `${on.cores} cores (${on.cpu}), ${on.memoryGiB} GiB, Node ${on.node}, load before ${on.loadBefore}; counts are exact, times of one run are noisy`,
    '',
    line(['figure', 'value', 'goal', '']),
    ...rows.map(line),
    '',
    ...sections.flatMap(({ figures }) => figures.flatMap(({ name, note }) => (note === undefined ? [] : [`* ${name}: ${note}`]))),
  ];
  process.stdout.write(`${lines.map((text) => text.trimEnd()).join('\n')}\n`);
}

export function writeJson(file: string, report: object): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

export const say = (text: string): void => void process.stderr.write(`[bench] ${text}\n`);

/** By nearest rank. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const sorted = (values: readonly number[]): readonly number[] => values.toSorted((left, right) => left - right);

/** A line of /proc/PID/status, in bytes. */
export function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${field}:`));
  return Number(/\d+/.exec(line ?? '')?.[0] ?? Number.NaN) * 1_024;
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

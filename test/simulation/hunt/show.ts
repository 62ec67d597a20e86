import { laws } from '../laws/index.ts';
import { type Plan, planText } from '../play/plan.ts';
import type { Shrunk } from './job.ts';
import type { Tally } from './tally.ts';

export const replayCommand = (plan: Plan): string => `npm run simulate:hunt -- --replay '${planText(plan).replaceAll("'", "'\\''")}'`;

const otherLaws: Readonly<Record<string, string>> = {
  progress: 'A run comes to an end: no loop without time passing, and none that goes on for ever.',
  throws: 'Nothing throws, and no promise fails unheard.',
};

export const lawText = (id: string): string => laws.find((law) => law.id === id)?.text ?? otherLaws[id] ?? '';

export function violationText({ plan, violation, effects, plays }: Shrunk): string {
  return [
    `VIOLATION of ${violation.law}: ${lawText(violation.law)}`,
    `  ${violation.what}`,
    `  workload ${plan.workload}, seed ${plan.seed}, after ${(violation.atMs / 1_000).toFixed(3)} s; shrunk in ${plays} runs to ${plan.faults.length} faults:`,
    ...plan.faults.map((fault) => `    ${JSON.stringify(fault)}`),
    `  the last ${effects.length} effects:`,
    ...effects.map((line) => `    ${line}`),
    `  ${replayCommand(plan)}`,
  ].join('\n');
}

const pad = (cells: readonly string[], widths: readonly number[]): string =>
  cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0))).join('  ');

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)));
  return [pad(head, widths), ...rows.map((row) => pad(row, widths))].join('\n');
}

export const number = (value: number): string => Math.round(value).toLocaleString('en-US');

const byName = (left: string, right: string): number => left.localeCompare(right, 'en', { numeric: true });
export const sorted = <Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] =>
  [...map].sort(([left], [right]) => byName(left, right));

export function tallyText(tally: Tally, wallMs: number): string {
  const runs = [...tally.runs.values()].reduce((sum, count) => sum + count, 0);
  const { sent, lost, failed } = tally.requests;
  return [
    table(
      ['stage', 'workload', 'runs', 'violations'],
      sorted(tally.tests).map(([key, test]) => [...key.split(' ').slice(0, 2), number(test.runs), number(test.violations)]),
    ),
    table(
      ['faults', 'struck'],
      sorted(tally.struck).map(([kind, times]) => [kind, number(times)]),
    ),
    table(['law', 'evaluated', 'violated'], lawRows(tally)),
    `${number(runs)} runs (${sorted(tally.runs)
      .map(([stage, count]) => `${stage}: ${number(count)}`)
      .join(', ')}), ` +
      `${(runs / (wallMs / 1_000)).toFixed(1)} per second; ${number(tally.mixed)} with three kinds of faults or more; ` +
      `${(tally.virtualMs / 86_400_000).toFixed(1)} days of virtual time; ${number(sent)} requests, ${number(lost)} lost, ${number(failed)} failed; ` +
      `${number(tally.found.length)} violations`,
  ].join('\n\n');
}

export function lawRows(tally: Tally): readonly (readonly string[])[] {
  const violated = new Map<string, number>();
  for (const { violation } of tally.found) violated.set(violation.law, (violated.get(violation.law) ?? 0) + 1);
  const ids = new Set([...laws.map(({ id }) => id), ...tally.evaluated.keys(), ...violated.keys()]);
  return [...ids].sort(byName).map((id) => [id, number(tally.evaluated.get(id) ?? 0), number(violated.get(id) ?? 0)]);
}

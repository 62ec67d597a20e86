import { type Line, padEnd, paint, type Style, span, widthOf, wrap } from '../demo/text.ts';
import { span2 } from '../get/ages.ts';
import type { PlannedStep } from './schedule.ts';

export interface Shown {
  /** Lines that say what this is a plan of. */
  readonly heading: readonly string[];
  readonly steps: readonly PlannedStep[];
  readonly notes: readonly string[];
  /** A release under way has times of day, a file has not. */
  readonly isLive: boolean;
  readonly nowMs: number;
}

const labelColumns = 6;

export function renderPlan({ heading, steps, notes, isLive, nowMs }: Shown, style: Style): readonly string[] {
  const times = steps.map((step) => timeOf(step, isLive, nowMs));
  const timeColumns = Math.max(4, ...times.map(widthOf)) + 2;
  const room = Math.max(20, style.width - labelColumns - timeColumns);
  const wrapped = (text: string, width: number) => (Number.isFinite(width) ? wrap(text, width) : [text]);
  const indent = ' '.repeat(labelColumns + timeColumns);
  const lines = steps.flatMap((step, index): readonly Line[] => [
    ...changeOf(steps, index).map((after): Line => [span(`after ${after}`, 'busy')]),
    [span(padEnd(step.label, labelColumns), 'faint'), span(padEnd(times[index] ?? '', timeColumns), 'strong'), span(step.what)],
    ...step.needs.flatMap((need) => wrapped(`when ${need}`, room).map((line): Line => [span(`${indent}${line}`, 'faint')])),
  ]);
  return [
    ...heading.flatMap((text) => wrapped(text, style.width)).map((text): Line => [span(text, 'strong')]),
    [],
    ...lines,
    ...(notes.length === 0 ? [] : [[], ...notes.flatMap((note) => wrapped(note, style.width)).map((note): Line => [span(note, 'faint')])]),
  ].map((line) => paint(line, style));
}

/** Said once, at the first step that is counted from another decision. */
function changeOf(steps: readonly PlannedStep[], index: number): readonly string[] {
  const [before, now] = [steps[index - 1], steps[index]];
  return before?.isDecision === true && now?.after === before.after && before.after !== undefined ? [before.after] : [];
}

function timeOf({ atMs, sinceMs, isDecision }: PlannedStep, isLive: boolean, nowMs: number): string {
  if (isDecision === true) return '';
  if (atMs === undefined) return `+${span2(sinceMs)}`;
  const at = `+${span2(atMs - nowMs)}`;
  return isLive ? `${at} ${new Date(atMs).toISOString().slice(11, 16)}Z` : at;
}

import type { ViewedMetric, ViewedRun } from '../../core/view.ts';
import { type Line, padEnd, type Style, span, type Tone } from '../demo/text.ts';
import { ageOf } from './ages.ts';
import { sparkline } from './spark.ts';

const tones: Readonly<Record<ViewedRun['phase'], Tone>> = {
  ...{ Pending: 'faint', Running: 'busy', Successful: 'good', Failed: 'bad', Error: 'bad', Inconclusive: 'strong' },
};

/** A run, and below it each metric: its counts, its last values as a line, the last one in figures. */
export function runLines(
  { name, kind, phase, message, step, startedAt, completedAt, metrics }: ViewedRun,
  nowMs: number,
  style: Style,
): readonly Line[] {
  const of = step === undefined ? (kind ?? '') : `${kind ?? ''} ${step + 1}`;
  const time = completedAt === undefined ? ageOf(startedAt, nowMs) : `${ageOf(completedAt, nowMs)} ago`;
  const isWorthSaying = message !== undefined && message !== '' && phase !== 'Running';
  return [
    [
      span('   '),
      span(name, 'strong'),
      span(`  ${of}`, 'faint'),
      span(`  ${phase}`, tones[phase]),
      span(time === '' ? '' : `  ${time}`, 'faint'),
    ],
    ...(isWorthSaying ? [[span(`      ${message}`, tones[phase])]] : []),
    ...metrics.map((metric) => metricLine(metric, style)),
  ];
}

const nameColumns = 18;

function metricLine(metric: ViewedMetric, style: Style): Line {
  const { name, phase, isDryRun, measurements, message } = metric;
  const last = measurements.at(-1);
  const value = last?.value === undefined ? '' : ` ${shortened(last.value)}`;
  const remark = last?.message ?? message;
  return [
    span(`      ${padEnd(name, Math.max(nameColumns, Math.min(name.length, 40)))} `),
    span(padEnd(phase, 13), tones[phase]),
    ...sparkline(measurements, style.isUnicode),
    span(' '.repeat(Math.max(0, 10 - measurements.length))),
    span(value, 'strong'),
    span(`  ${counts(metric).join(' ')}`, 'faint'),
    span(isDryRun ? '  dry run' : '', 'faint'),
    span(remark === undefined || remark === '' || last?.result === 'Pass' ? '' : `  ${remark}`, 'faint'),
  ];
}

const counts = ({ successful, failed, inconclusive, noData, error }: ViewedMetric): readonly string[] =>
  Object.entries({ passed: successful, failed, undecided: inconclusive, silent: noData, errors: error }).flatMap(([word, count]) =>
    count > 0 ? [`${count} ${word}`] : [],
  );

/** Enough digits for a rate and for milliseconds. */
function shortened(value: string): string {
  const number = Number(value);
  return value.length <= 8 || !Number.isFinite(number) ? value.slice(0, 24) : String(Number(number.toPrecision(5)));
}

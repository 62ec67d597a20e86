// Series in the notation of promtool's tests: `up{job="x"} 0 1 _ 3+2x4 stale NaN`, one value per interval.
import { type Labels, labelsOf } from '../../../src/sandbox/prometheus/index.ts';

export interface LoadedSeries {
  readonly labels: Labels;
  readonly samples: readonly { readonly atMs: number; readonly value: number | 'stale' }[];
}

export function readSeries(text: string, startMs: number, intervalMs: number): LoadedSeries {
  const [, name = '', inner = '', values = ''] = /^([a-zA-Z_:][\w:]*)?(?:\{([^}]*)\})?\s+(.*)$/.exec(text) ?? [];
  const pairs = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', value = '']) => [label, JSON.parse(`"${value}"`)]);
  const labels = labelsOf({ ...Object.fromEntries(pairs), ...(name === '' ? {} : { __name__: name }) });
  const expanded = values.trim().split(/\s+/).flatMap(expand);
  const samples = expanded.flatMap((value, at) => (value === 'none' ? [] : [{ atMs: startMs + at * intervalMs, value }]));
  return { labels, samples };
}

function expand(text: string): readonly (number | 'stale' | 'none')[] {
  const [, gap] = /^_(?:x(\d+))?$/.exec(text) ?? [];
  if (text.startsWith('_')) return new Array<'none'>(gap === undefined ? 1 : Number(gap)).fill('none');
  if (text === 'stale') return ['stale'];
  const [, first = '', step, times] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|NaN|[+-]?Inf)([+-][\d.]+)?(?:x(\d+))?$/.exec(text) ?? [];
  if (first === '') throw new Error(`no value: ${text}`);
  const start = first.endsWith('Inf') ? (first.startsWith('-') ? -Infinity : Infinity) : Number(first);
  return Array.from({ length: times === undefined ? 1 : Number(times) + 1 }, (_, at) =>
    at === 0 ? start : start + Number(step ?? 0) * at,
  );
}

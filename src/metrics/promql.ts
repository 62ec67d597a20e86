import { escapeRegex, escapeString } from '../core/analysis/promql.ts';
import type { BuiltinMetric, MetricSubject } from '../core/analysis/question.ts';
import { formatDuration } from '../lib/duration.ts';
import type { Dialect, Matcher } from './dialects.ts';

export interface BuiltinQuery {
  /** A ratio in 0..1, milliseconds, or a number of requests; empty where there are no series, NaN where there is no traffic. */
  readonly query: string;
  /** Requests in the window, extrapolated by Prometheus and therefore fractional. */
  readonly countQuery: string;
}

/** The query of a ready-made metric in one mesh's dialect. The ready-made templates are held to it by a test. */
export function builtinQuery(dialect: Dialect, metric: BuiltinMetric, subject: MetricSubject, windowMs: number): BuiltinQuery {
  const window = windowText(windowMs);
  const countQuery = `sum(increase(${totalSeries(dialect, subject)}[${window}]))`;
  switch (metric) {
    case 'successRate': {
      const all = `sum(rate(${totalSeries(dialect, subject)}[${window}]))`;
      const good = `sum(rate(${selected(dialect.total, [...dialect.selector, dialect.success], subject)}[${window}]))`;
      // A canary that is 100 % broken has no series of success at all: without vector(0) the whole ratio would be silent.
      return { query: `(${good} or vector(0)) / ${all}`, countQuery };
    }
    case 'p50':
      return { query: quantileQuery(dialect, '0.5', subject, window), countQuery };
    case 'p90':
      return { query: quantileQuery(dialect, '0.9', subject, window), countQuery };
    case 'p99':
      return { query: quantileQuery(dialect, '0.99', subject, window), countQuery };
    case 'requests':
      return { query: countQuery, countQuery };
  }
}

/** Rows of one side of a comparison: counts, or the histogram by `le`; and how many scrapes the window holds. */
export function sideQueries(
  dialect: Dialect,
  metric: BuiltinMetric,
  subject: MetricSubject,
  windowMs: number,
): Readonly<Record<string, string>> {
  const window = windowText(windowMs);
  const all = `${totalSeries(dialect, subject)}[${window}]`;
  const counted = { all: `sum(increase(${all}))`, scrapes: `avg(count_over_time(${all}))` };
  if (metric === 'successRate') {
    const good = selected(dialect.total, [...dialect.selector, dialect.success], subject);
    return { ...counted, good: `sum(increase(${good}[${window}]))` };
  }
  return { ...counted, slow: `sum by (le) (increase(${selected(dialect.latency.bucket, dialect.selector, subject)}[${window}]))` };
}

function quantileQuery({ latency, selector }: Dialect, quantile: string, subject: MetricSubject, window: string): string {
  const buckets = selected(latency.bucket, selector, subject);
  const query = `histogram_quantile(${quantile}, sum by (le) (rate(${buckets}[${window}])))`;
  return latency.toMs === 1 ? query : `${latency.toMs} * ${query}`;
}

/** The series that count requests of one subject. */
export const totalSeries = (dialect: Dialect, subject: MetricSubject): string => selected(dialect.total, dialect.selector, subject);

/** The series that count what the split sent to one subject. */
export const splitSeries = (dialect: Dialect, subject: MetricSubject): string => selected(dialect.total, dialect.splitSelector, subject);

const selected = (metric: string, matchers: readonly Matcher[], subject: MetricSubject): string =>
  `${metric}{${matchers.map((matcher) => `${matcher.label}${matcher.op}"${filled(matcher, subject)}"`).join(',')}}`;

function filled({ op, value }: Matcher, subject: MetricSubject): string {
  const isRegex = op === '=~' || op === '!~';
  const names = /\$(namespace|workload|service|rootService|split)\b/g;
  const text = value.replace(names, (_, name: keyof MetricSubject) => (isRegex ? escapeRegex(subject[name]) : subject[name]));
  return escapeString(text, '"');
}

/** A range selector of at least a second; Prometheus refuses an empty one. */
export const windowText = (windowMs: number): string => formatDuration(Math.max(1_000, windowMs));

/** One label of our own tells the rows of a combined query apart. */
export const rowLabel = 'sluice_row';

/** Several queries, each of at most one row without labels, asked in one request. */
export function combinedQuery(rows: Readonly<Record<string, string>>): string {
  return Object.entries(rows)
    .map(([name, query]) => `label_replace(${query}, "${rowLabel}", "${name}", "", "")`)
    .join(' or ');
}

import { decimalText, sampleText } from './go-text.ts';
import type { Labels } from './labels.ts';
import type { SeriesPoints, Value } from './promql/value.ts';

/** The JSON of Prometheus' answers, as values. */
export type ErrorType = 'bad_data' | 'execution' | 'timeout' | 'canceled' | 'internal' | 'unavailable' | 'not_found';

const statuses: Readonly<Record<ErrorType, number>> = {
  bad_data: 400,
  execution: 422,
  timeout: 503,
  canceled: 503,
  internal: 500,
  unavailable: 503,
  not_found: 404,
};

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Notes {
  readonly warnings?: readonly string[];
  /** Newer servers send them (2.54 and later); 2.42 never does. */
  readonly infos?: readonly string[];
}

export const success = (data: unknown, notes: Notes = {}): JsonAnswer => ({ status: 200, body: { status: 'success', data, ...notes } });

export const failure = (errorType: ErrorType, error: string): JsonAnswer => ({
  status: statuses[errorType],
  body: { status: 'error', errorType, error },
});

type Pair = readonly [number, string];

const pair = (atMs: number, value: number): Pair => [atMs / 1_000, sampleText(value)];

/** `data` of an instant query. */
export function instantData(value: Value, atMs: number): unknown {
  switch (value.type) {
    case 'scalar':
      // A scalar is printed by another hand than the numbers of a vector: never with an exponent.
      return { resultType: 'scalar', result: [atMs / 1_000, decimalText(value.value)] };
    case 'string':
      return { resultType: 'string', result: [atMs / 1_000, value.value] };
    case 'vector':
      return {
        resultType: 'vector',
        result: value.samples.map(({ labels, value: each }) => ({ metric: labelsData(labels), value: pair(atMs, each) })),
      };
    case 'matrix':
      return matrixData(value.series);
  }
}

export const matrixData = (series: readonly SeriesPoints[]): unknown => ({
  resultType: 'matrix',
  result: series.map(({ labels, timesMs, values }) => ({
    metric: labelsData(labels),
    values: timesMs.map((atMs, index) => pair(atMs, values[index] ?? Number.NaN)),
  })),
});

export const labelsData = (labels: Labels): unknown => Object.fromEntries(labels);

import { quoted } from '../go-text.ts';
import { type Labels, labelsKey } from '../labels.ts';
import { ExecutionError } from './failure.ts';

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Samples of one series in a window, or over the steps of a range query. */
export interface Points {
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

export interface SeriesPoints extends Points {
  readonly labels: Labels;
}

export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly samples: readonly Sample[] }
  | { readonly type: 'matrix'; readonly series: readonly SeriesPoints[] };

export const scalar = (value: number): Value => ({ type: 'scalar', value });
export const vector = (samples: readonly Sample[]): Value => ({ type: 'vector', samples });

/** Labels as error messages show them. */
export const labelsText = (labels: Labels): string => `{${[...labels].map(([name, value]) => `${name}=${quoted(value)}`).join(', ')}}`;

/** After names or labels were taken away, two series may have become one. */
export function distinct<T extends { readonly labels: Labels }>(samples: readonly T[]): readonly T[] {
  if (samples.length > 1 && new Set(samples.map(({ labels }) => labelsKey(labels))).size < samples.length) {
    throw new ExecutionError('vector cannot contain metrics with the same labelset');
  }
  return samples;
}

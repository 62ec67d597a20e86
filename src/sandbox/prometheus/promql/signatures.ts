export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

export interface Signature {
  readonly args: readonly ValueType[];
  /** How many of the last argument may be left out or added: 0 none, -1 any number. */
  readonly variadic: number;
  readonly returns: 'scalar' | 'vector';
}

const vectorOf = (args: readonly ValueType[], variadic = 0): Signature => ({ args, variadic, returns: 'vector' });
const each = (names: string, signature: Signature): [string, Signature][] => names.split(' ').map((name) => [name, signature]);

/** Every function of Prometheus 2.42. */
export const signatures: ReadonlyMap<string, Signature> = new Map([
  ...each(
    'abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_count histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp',
    vectorOf(['vector']),
  ),
  ...each(
    'absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time',
    vectorOf(['matrix']),
  ),
  ...each('day_of_month day_of_week day_of_year days_in_month hour minute month year', vectorOf(['vector'], 1)),
  ...each('clamp_max clamp_min', vectorOf(['vector', 'scalar'])),
  ['clamp', vectorOf(['vector', 'scalar', 'scalar'])],
  ['histogram_fraction', vectorOf(['scalar', 'scalar', 'vector'])],
  ['histogram_quantile', vectorOf(['scalar', 'vector'])],
  ['holt_winters', vectorOf(['matrix', 'scalar', 'scalar'])],
  ['label_join', vectorOf(['vector', 'string', 'string', 'string'], -1)],
  ['label_replace', vectorOf(['vector', 'string', 'string', 'string', 'string'])],
  ['pi', { args: [], variadic: 0, returns: 'scalar' }],
  ['predict_linear', vectorOf(['matrix', 'scalar'])],
  ['quantile_over_time', vectorOf(['scalar', 'matrix'])],
  ['round', vectorOf(['vector', 'scalar'], 1)],
  ['scalar', { args: ['vector'], variadic: 0, returns: 'scalar' }],
  ['time', { args: [], variadic: 0, returns: 'scalar' }],
  ['vector', vectorOf(['scalar'])],
]);

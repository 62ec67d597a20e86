import type { Metric } from './metric.ts';
import type { Problem } from './problem.ts';

/** What is allowed and will disappoint: for `lint` and `simulate`. `reason` is one of the registry. */
export interface Remark extends Problem {
  readonly reason: 'CompareNeverPasses' | 'CompareAlone';
  readonly metric: string;
}

/** Remarks on the metrics that judge a release together: those of one template, or of all that an analysis merges. Paths are below `metrics`. */
export function remarksOn(metrics: readonly Metric[]): readonly Remark[] {
  // Beside a dry run nothing is decided, so it is no second opinion.
  const hasYardstick = metrics.some(({ compare, dryRun }) => compare === undefined && !dryRun);
  return metrics.flatMap(({ name, compare, dryRun }, index): readonly Remark[] => {
    if (compare === undefined || dryRun) return [];
    const remark = (reason: Remark['reason'], key: readonly string[], message: string): Remark => ({
      ...{ reason, metric: name, path: [index, ...key], message: `metric "${name}" ${message}` },
    });
    return [
      ...(compare.minEffect > 0
        ? []
        : [
            remark(
              'CompareNeverPasses',
              ['compare', 'minEffect'],
              'has minEffect 0: no traffic shows that a canary loses nothing at all, so it can fail and never pass, and nothing is promoted',
            ),
          ]),
      ...(hasYardstick
        ? []
        : [remark('CompareAlone', ['compare'], 'has no threshold beside it: a canary that is as bad as a bad stable passes')]),
    ];
  });
}

import { type Metric, predefinedNames, type RunKind, scopeOf, windowMsOf } from '../../core/analysis/index.ts';
import { withWindow } from '../../core/analysis/scope.ts';
import type { Analysis } from './analyses.ts';

/** A metric as one analysis measures it. */
export interface MetricUse {
  readonly metric: Metric;
  readonly kind: RunKind;
  readonly step: number | undefined;
  /** How far it looks back. */
  readonly windowMs: number;
  /** `{{args.window}}`: cut to the time since the weight was confirmed. A literal range is waited for. */
  readonly isCut: boolean;
}

const sample = Object.fromEntries(predefinedNames.map((name) => [name, name === 'weight' || name === 'step' ? '1' : 'x']));
const minuteMs = 60_000;

export const metricUses = (analyses: readonly Analysis[]): readonly MetricUse[] =>
  analyses.flatMap(({ metrics, args, kind, step }) => {
    const scope = scopeOf(args, sample);
    return metrics.map((metric) => {
      const windowMs = msOf(windowMsOf(metric, scope));
      const cutMs = msOf(windowMsOf(metric, withWindow(scope, Math.max(1_000, windowMs / 2))));
      return { metric, kind, step, windowMs, isCut: cutMs < windowMs };
    });
  });

const msOf = (windowMs: ReturnType<typeof windowMsOf>): number => (windowMs.ok ? windowMs.value : minuteMs);

export const shortestWindowMs = (uses: readonly MetricUse[]): number => Math.min(minuteMs, ...uses.map(({ windowMs }) => windowMs));

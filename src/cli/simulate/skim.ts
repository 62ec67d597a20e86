import type { AnalysisRun, Metric } from '../../core/analysis/index.ts';
import type { Replica, Simulation } from '../../simulation/index.ts';
import { createObserver } from './questions.ts';
import type { Scenario } from './scenario.ts';
import type { Watch } from './watch.ts';

interface Due {
  readonly run: AnalysisRun;
  readonly metric: Metric;
  readonly intervalMs: number;
  atMs: number;
}

/** Played in full again before the pause is over, or after something that did not pass. */
const intervalsInFull = 3;

/**
 * The long middle of a pause: the cluster goes on, the controller stands still, and what it would ask is asked here, at the same rate. The first answer that it would not
 * have let pass wakes it up at once: its own measurement is overdue then, and it sees what was seen here. So days of measurements that pass cost no writes.
 */
export async function skim(
  sim: Simulation,
  replica: Replica,
  { scenario, watch }: { readonly scenario: Scenario; readonly watch: Watch },
): Promise<void> {
  const { clock } = sim;
  const dues = watch.openRuns().flatMap((run) => run.spec.metrics.flatMap((metric) => dueOf(run, metric) ?? []));
  const longestMs = Math.max(...dues.map(({ intervalMs }) => intervalMs));
  const untilMs = Date.parse(watch.status?.step?.until ?? '') - intervalsInFull * longestMs;
  const observer = createObserver(sim, scenario, watch);
  replica.time.freeze();
  for (;;) {
    const due = dues.reduce((first, each) => (each.atMs < first.atMs ? each : first));
    if (due.atMs >= untilMs) break;
    await sim.runFor(Math.max(0, due.atMs - clock.nowMs()));
    if ((await observer.ask(due.run, due.metric)) !== 'Pass') break;
    due.atMs += due.intervalMs;
  }
  replica.time.thaw();
  watch.stayAwake(intervalsInFull * longestMs);
}

/** Dry runs change nothing, and what has ended is not asked. */
function dueOf(run: AnalysisRun, metric: Metric): Due | undefined {
  const result = run.status.metricResults.find(({ name }) => name === metric.name);
  if (metric.dryRun || metric.interval === undefined || result?.nextDueAt === undefined) return undefined;
  return { run, metric, intervalMs: metric.interval, atMs: Date.parse(result.nextDueAt) };
}

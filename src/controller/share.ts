import type { MetricSubject } from '../core/analysis/index.ts';
import type { ShareQuestion } from '../core/index.ts';
import type { Rollout } from '../core/rollout.ts';
import type { World } from '../core/world.ts';
import type { ShareQuestion as MetricShareQuestion, ShareVia } from '../metrics/index.ts';
import { dialectOf } from '../metrics/index.ts';
import type { MeshFacts, RouterTarget } from '../traffic/index.ts';
import { routerOf } from '../traffic/index.ts';

export interface ShareMeans {
  readonly prometheusAddress: string | undefined;
  /** API groups that the cluster serves. */
  readonly groups: readonly string[];
}

/** How the share of two revisions can be seen: the operator's Prometheus, where the mesh has a dialect of metrics; else TrafficMetrics. */
export function shareViaOf(target: RouterTarget, { prometheusAddress, groups }: ShareMeans): ShareVia | undefined {
  const dialect = prometheusAddress === undefined || target.dialect === undefined ? undefined : dialectOf(target.dialect);
  if (dialect !== undefined) return { kind: 'prometheus', dialect };
  return groups.includes('metrics.smi-spec.io') ? { kind: 'trafficMetrics' } : undefined;
}

/** The planner's question in the words of the metric sources. A revision's workload and Service have one name. */
export function metricShareQuestion(question: ShareQuestion, world: World, via: ShareVia, nowMs: number): MetricShareQuestion {
  const { rollout } = world;
  const { router, config } = routerOf(rollout.spec.traffic);
  const rootService = rollout.spec.service.name;
  const split = router.objectName(config, rootService);
  const subject = (name: string): MetricSubject => ({ namespace: rollout.namespace, workload: name, service: name, rootService, split });
  const { canary, stable, windowStartedAtMs } = question;
  return { canary: subject(canary), stable: subject(stable), windowStartedAtMs, windowMs: nowMs - windowStartedAtMs, via };
}

/** Whose words the metrics of this Rollout's mesh are in; undefined while it is not known. */
export function dialectFor(rollout: Rollout, facts: MeshFacts | undefined): string | undefined {
  if (facts === undefined) return undefined;
  const { router, config } = routerOf(rollout.spec.traffic);
  const target = router.resolve(config, facts, rollout.status.run?.provider);
  return target.ok ? target.value.dialect : undefined;
}

import type { ChangeWindow } from '../core/rollout.ts';
import type { ClusterClock, Contact, KubeClient, Recorder } from '../kube/index.ts';
import type { Logger, Random } from '../lib/index.ts';
import type { MetricSources, MetricWires } from '../metrics/index.ts';
import type { Schedule } from './housekeeping.ts';
import type { Notifying } from './news.ts';

/** The epoch of a process that leads without an election: there is no fencing number, and the one that an object carries is kept. */
export const unelected = 0;

/** What the controller is given: the way out, time and chance, and what the operator chose. */
export interface RolloutControllerOptions {
  readonly client: KubeClient;
  readonly contact: Contact;
  readonly clock: ClusterClock;
  readonly random: Random;
  readonly log: Logger;
  readonly recorder: Pick<Recorder, 'event'>;
  readonly sources: MetricSources;
  readonly namespaces: readonly string[];
  readonly clusterDomain: string;
  readonly prometheusAddress: string | undefined;
  /** How Prometheus is asked; left out: over HTTP. */
  readonly metricWires?: MetricWires;
  readonly concurrency: number;
  /** Change windows of the whole cluster; left out: none. */
  readonly windows?: readonly ChangeWindow[];
  /** Analyses look early where it matters; see RunWorld. */
  readonly looksEarly?: boolean;
  readonly schedule: Schedule;
  /** Who tells people; left out: nobody. Runs while this process leads. */
  readonly notifier?: Notifying | undefined;
  /** The leader's fencing number; undefined while this process does not lead. */
  readonly epoch: () => number | undefined;
  readonly onFenced: (reason: string, epoch: number) => void;
  /** Things of `dependencies.ts` that have changed, whether this process leads or not. */
  readonly onThings?: (things: readonly string[]) => void;
  /** The first lists are in and, by a leader, looked at. Once. */
  readonly onSettled: () => void;
}

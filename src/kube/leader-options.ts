import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Random } from '../lib/random.ts';
import type { KubeClient } from './kube-client.ts';
import type { LeaseTiming } from './lease.ts';

export interface LeaderElectorOptions extends Partial<LeaseTiming> {
  readonly client: Pick<KubeClient, 'raw'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly namespace: string;
  readonly name: string;
  /** Unique for each start of a process: a restarted one must not pass for its predecessor. */
  readonly identity: string;
  /** How long a fenced write may take once sent; `isValid` ends that much before the renew deadline. Default 4 s. */
  readonly writeTimeoutMs?: number;
}

export interface LeaderCallbacks {
  onStarted(epoch: number): void;
  /** Called once at most, after `onStarted`. The process must stop its work at once and exit. */
  onLost(reason: string): void;
}

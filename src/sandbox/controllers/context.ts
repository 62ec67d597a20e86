import type { Clock, Random } from '../../lib/index.ts';
import type { DirectClient } from '../api/index.ts';
import type { Informers } from '../watch/index.ts';

/** What each controller is given. */
export interface ControllerContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly client: DirectClient;
  readonly informers: Informers;
  /** From a change to the pass that it causes; drawn for each. */
  readonly delayMs: () => number;
}

import type { Clock, Random } from '../../lib/index.ts';
import type { Authorizer } from './admission.ts';
import type { KindRegistry } from './kinds/index.ts';
import type { ObjectStore } from './store.ts';

/** What the parts of one API server share. */
export interface Cluster {
  readonly store: ObjectStore;
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether somebody may do something: for policies that ask. */
  readonly allows: Authorizer;
}

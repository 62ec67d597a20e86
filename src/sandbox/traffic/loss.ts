import type { SplitVersion } from '../mesh/index.ts';
import type { Ended, Fate } from '../pods/index.ts';
import type { RequestBatch } from '../requests.ts';

/** Why no pod answered a request. */
export type Loss =
  /** The client's proxy knows no such Service or port. */
  | { readonly kind: 'no-service' }
  /** The mesh itself refuses: a split that leaves nobody to ask. */
  | { readonly kind: 'no-route' }
  /** The split names a Service or port that is not there, or that the mesh does not take for the root's. */
  | { readonly kind: 'no-backend' }
  /** The proxy has no endpoint of the backend: since when, and what became of the last ones. */
  | { readonly kind: 'no-endpoints'; readonly sinceMs: number | undefined; readonly last: readonly LastEndpoint[] }
  /** The proxy still sent to a pod that does not listen any more. */
  | { readonly kind: 'refused'; readonly by: LastEndpoint }
  /** The pod crashed over it. */
  | { readonly kind: 'crashed'; readonly pod: string };

export interface LastEndpoint {
  readonly address: string;
  readonly pod: string | undefined;
  /** `unready`, `terminating`: it still listens, but is no endpoint any more. `unknown`: nobody ever listened there. */
  readonly state: Fate | 'serving' | 'terminating' | 'unknown';
  readonly atMs: number | undefined;
}

export const lastEndpoint = (address: string, ended: Ended | undefined): LastEndpoint => ({
  address,
  pod: ended?.pod,
  state: ended?.fate ?? 'unknown',
  atMs: ended?.atMs,
});

/** A batch with what only an oracle knows. */
export interface TracedBatch extends RequestBatch {
  /** Sent between this moment and `atMs`. */
  readonly sinceMs: number;
  readonly proxy: string;
  /** The state of the split that was in force in this proxy. */
  readonly splitVersion: SplitVersion | undefined;
  /** Undefined where a pod answered, whatever it said. */
  readonly loss: Loss | undefined;
}

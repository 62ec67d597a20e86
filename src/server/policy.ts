import type { DecisionAction } from '../core/decision.ts';

/** Who may use a route. Every route says so, or is not served: see `app.ts`. */
export type RoutePolicy =
  /** Anybody: it says nothing of any object. */
  | { readonly kind: 'open' }
  /** Whoever has signed the request, as the route itself checks. */
  | { readonly kind: 'signed' }
  /** Whoever the API server knows; what is shown is reviewed piece by piece. */
  | { readonly kind: 'list' }
  /** Whoever may `get` the Rollout of the path. */
  | { readonly kind: 'read' }
  /** Whoever has the verb of the action on `rollouts/decision` of the Rollout of the path. */
  | { readonly kind: 'decide'; readonly action: DecisionAction };

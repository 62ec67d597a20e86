import type { FaultKind } from '../play/plan.ts';

/** What facts/reliability.md 1.4 asks for and there is nothing to strike yet: said, so that no figure counts it as covered. */
export const notYet: readonly { readonly kind: FaultKind; readonly text: string; readonly why: string }[] = [
  {
    ...{
      kind: 'F16',
      text: 'approve twice, approve and reject at once, an old revision, a replay, a forgery, before the gate is open, after an abort',
    },
    why: 'the workloads of people do it; no fault strikes other workloads with it yet',
  },
  {
    ...{
      kind: 'F20',
      text: 'webhooks that never answer, drip, flood, redirect to the metadata address, or change their address between check and connect',
    },
    why: 'the controller calls no webhooks yet; a metric of kind web has no server in the simulation',
  },
];

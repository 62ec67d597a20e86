import { revisionLabel } from '../names.ts';
import type { RolloutStatus } from '../rollout.ts';
import type { World } from '../world.ts';

/** Whether the root Service should select stable only, and does. */
export type PinState =
  /** Not wanted, not possible, or never by this provider. */
  | { readonly kind: 'none' }
  | { readonly kind: 'done' }
  /** `isForeign`: our key was there, and somebody took it out. */
  | {
      readonly kind: 'due';
      readonly revision: string;
      readonly uid: string;
      readonly resourceVersion: string;
      readonly isForeign: boolean;
    };

export function pinState(world: World, status: RolloutStatus): PinState {
  const { rootService, rollout, traffic } = world;
  const { pinSelector } = rollout.spec.service;
  const { stableRevision } = status;
  if (rootService === undefined || stableRevision === undefined) return { kind: 'none' };
  const isRefused =
    pinSelector === 'Auto' && ((traffic.kind === 'usable' && traffic.refusesPin) || rootService.selectorApplier !== undefined);
  // A root Service that we made has no selector but ours.
  if (!rootService.isOurs && (pinSelector === 'Never' || isRefused)) return { kind: 'none' };
  const present = rootService.selector[revisionLabel];
  if (present === stableRevision) return { kind: 'done' };
  return {
    kind: 'due',
    revision: stableRevision,
    uid: rootService.uid,
    resourceVersion: rootService.resourceVersion,
    isForeign: present === undefined,
  };
}

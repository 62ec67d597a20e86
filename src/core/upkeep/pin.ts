import { revisionLabel } from '../names.ts';
import type { RolloutStatus } from '../rollout.ts';
import type { World } from '../world.ts';

/** Whether the root Service should select stable only, and does. */
export type PinState =
  /** Not wanted, not possible, or never by this provider. */
  | { readonly kind: 'none' }
  | { readonly kind: 'done' }
  /** Our key is there though the spec or the provider forbids it: it would go on selecting what was stable once. */
  | { readonly kind: 'unwanted'; readonly uid: string; readonly resourceVersion: string }
  /** `isForeign`: our key was there, and somebody took it out or changed it, or applies an old one. */
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
  const present = rootService.selector[revisionLabel];
  const isKnown = world.revisions.some(({ revision }) => revision === present);
  const { uid, resourceVersion } = rootService;
  // A root Service that we made has no selector but ours.
  if (!rootService.isOurs) {
    const isDoubtful = traffic.kind === 'usable' && traffic.held !== undefined;
    const isRefused = pinSelector === 'Never' || (pinSelector === 'Auto' && traffic.kind === 'usable' && traffic.refusesPin && !isDoubtful);
    if (isRefused) return isKnown ? { kind: 'unwanted', uid, resourceVersion } : { kind: 'none' };
    // A pin of ours that its manifests have taken in is moved: left alone, it would go on selecting what was stable once.
    if (pinSelector === 'Auto' && rootService.selectorApplier !== undefined && !isKnown) return { kind: 'none' };
    // Whether the provider needs it unpinned is not sure either: it stays as it is, pinned or not.
    if (pinSelector === 'Auto' && isDoubtful && !isKnown) return { kind: 'none' };
  }
  if (present === stableRevision) return { kind: 'done' };
  return {
    kind: 'due',
    revision: stableRevision,
    uid,
    resourceVersion,
    isForeign: !isKnown || (!rootService.isOurs && rootService.selectorApplier !== undefined),
  };
}

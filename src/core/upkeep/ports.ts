import { currentWeight } from '../facts.ts';
import type { Effect } from '../plan.ts';
import type { RolloutStatus } from '../rollout.ts';
import type { Revision, RootPort, World } from '../world.ts';

/**
 * The ports of a revision's Service. Where a port leads, and what is spoken there, belongs to the pods: a user changes it together with their
 * template. So a revision takes the root Service's ports as they are until it is given its first traffic, and keeps them from then on; only a
 * port that it lacks is added, since the root Service's traffic on it would have nowhere to go.
 */
export function portsOf(world: World, status: RolloutStatus, { revision, service }: Revision): readonly Effect[] {
  const { rootService } = world;
  if (rootService === undefined || service === undefined) return [];
  const { uid, resourceVersion } = service;
  const change = (ports: readonly RootPort[]): readonly Effect[] => [{ kind: 'updateServicePorts', revision, ports, uid, resourceVersion }];
  if (isUnreleased(world, status, revision)) return areSame(service.ports, rootService.ports) ? [] : change(rootService.ports);
  const isWhole = rootService.ports.every((port) => service.ports.some((own) => isSamePort(own, port)));
  return isWhole ? [] : change(rootService.ports.map((port) => kept(port, rootService.ports, service.ports)));
}

/**
 * Nothing has been sent to it in this run, and its template is the one that is asked for now: together with the root Service as it is now they
 * are what the user means. A template that was reverted or overtaken has no such pair.
 */
function isUnreleased({ target }: World, status: RolloutStatus, revision: string): boolean {
  if (target.kind === 'unknown' || target.revision !== revision) return false;
  if (revision === status.stableRevision) return status.phase === 'Initializing' && status.stage?.name === 'Starting';
  return revision === status.canaryRevision && status.abort === undefined && currentWeight(status) === 0;
}

/** The root Service's port as this revision's pods know it. */
function kept(port: RootPort, all: readonly RootPort[], own: readonly RootPort[]): RootPort {
  const known = own.find((candidate) => isSamePort(candidate, port)) ?? renumbered(port, all, own);
  if (known === undefined) return port;
  const { appProtocol: _, ...rest } = port;
  return { ...rest, targetPort: targetOf(known), ...(known.appProtocol === undefined ? {} : { appProtocol: known.appProtocol }) };
}

/** A port that got another number is known by its name, or by being the only one. */
function renumbered(port: RootPort, all: readonly RootPort[], own: readonly RootPort[]): RootPort | undefined {
  const isOnly = all.length === 1 && own.length === 1;
  return own.find(
    (candidate) => protocolOf(candidate) === protocolOf(port) && (isOnly || (port.name !== undefined && candidate.name === port.name)),
  );
}

/** A root Service that we made follows the spec at once, as one of the user's own follows Git. */
export function rootPortsOf({ rootService, rollout }: World): readonly Effect[] {
  const { ports = [] } = rollout.spec.service;
  if (rootService?.isOurs !== true || ports.length === 0 || areSame(rootService.ports, ports)) return [];
  const { uid, resourceVersion } = rootService;
  return [{ kind: 'updateRootPorts', uid, resourceVersion }];
}

/** Where the ports that stable keeps lead elsewhere than those of the root Service, in words; undefined where they do not. */
export function pendingPorts({ rootService }: World, { service }: Revision): string | undefined {
  if (rootService === undefined || service === undefined) return undefined;
  const differing = rootService.ports.flatMap((port) => {
    const own = service.ports.find((candidate) => isSamePort(candidate, port));
    if (own === undefined || (targetOf(own) === targetOf(port) && own.appProtocol === port.appProtocol)) return [];
    return [`port ${port.port} keeps ${describe(own)}, ${describe(port)} comes with the next template`];
  });
  return differing.length === 0 ? undefined : differing.join('; ');
}

const describe = (port: RootPort): string =>
  `targetPort ${targetOf(port)}${port.appProtocol === undefined ? '' : ` (${port.appProtocol})`}`;

const isSamePort = (left: RootPort, right: RootPort): boolean => left.port === right.port && protocolOf(left) === protocolOf(right);

const areSame = (left: readonly RootPort[], right: readonly RootPort[]): boolean =>
  left.length === right.length && right.every((port) => left.some((own) => isAlike(own, port)));

const isAlike = (left: RootPort, right: RootPort): boolean =>
  isSamePort(left, right) && left.name === right.name && targetOf(left) === targetOf(right) && left.appProtocol === right.appProtocol;

// As the API server fills them in.
const protocolOf = ({ protocol }: RootPort): string => protocol ?? 'TCP';
const targetOf = ({ port, targetPort }: RootPort): number | string => targetPort ?? port;

import type { Effect } from '../plan.ts';
import type { Revision, RootPort, World } from '../world.ts';

/**
 * Every port of the root Service must be one of each backend's, or its traffic has nowhere to go. A port that was there before keeps the
 * targetPort that fits its revision's pods.
 */
export function portsOf(world: World, { revision, service }: Revision): readonly Effect[] {
  const { rootService } = world;
  if (rootService === undefined || service === undefined) return [];
  const merged = rootService.ports.map((port): RootPort => {
    const own = service.ports.find((candidate) => isSamePort(candidate, port));
    return own === undefined ? port : { ...port, targetPort: own.targetPort };
  });
  const isWhole = rootService.ports.every((port) => service.ports.some((candidate) => isSamePort(candidate, port)));
  if (isWhole) return [];
  const { uid, resourceVersion } = service;
  return [{ kind: 'updateServicePorts', revision, ports: merged, uid, resourceVersion }];
}

const isSamePort = (left: RootPort, right: RootPort): boolean =>
  left.port === right.port && (left.protocol ?? 'TCP') === (right.protocol ?? 'TCP');

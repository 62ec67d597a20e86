import type { Hold } from './draft.ts';
import { hasOwnPorts } from './facts.ts';
import type { RootPort, World } from './world.ts';

/**
 * What keeps us from touching anything: somebody else's object, a Service that no split can work with, no mesh. Nothing is
 * raised, made or taken over while one stands; cuts and rollbacks go on.
 */
export function blocker(world: World): Hold | undefined {
  return readBlocker(world) ?? rivalBlocker(world) ?? renamedBlocker(world) ?? serviceBlocker(world) ?? trafficBlocker(world);
}

const stalled = (reason: Hold['reason'], message: string): Hold => ({ reason, message, isStalled: true });

/** What keeps even a cut from being written, or from being seen to work: no mesh to write it to, a split that is not ours to write, old news. */
export function cutBlocker(world: World): Hold | undefined {
  return unusableBlocker(world) ?? ownershipBlocker(world) ?? readBlocker(world) ?? absentBlocker(world);
}

/** Ours is gone, and another one has its root: two of them for one Service would be anybody's guess. */
function absentBlocker({ traffic }: World): Hold | undefined {
  const isTaken = traffic.kind === 'usable' && traffic.split.kind === 'absent' && traffic.conflict !== undefined;
  return isTaken ? stalled('SplitNotOurs', traffic.conflict ?? '') : undefined;
}

/** What is known is old, or not all: nothing new is dared on it. */
export const readBlocker = ({ unreadable }: World): Hold | undefined =>
  unreadable === undefined ? undefined : stalled('Forbidden', unreadable);

function rivalBlocker({ rival, rollout }: World): Hold | undefined {
  if (rival === undefined) return undefined;
  return stalled('ServiceClaimed', `Rollout ${rival} is older and manages Service ${rollout.spec.service.name} or the same workload`);
}

const renamedBlocker = ({ rollout }: World): Hold | undefined =>
  rollout.renamed === undefined ? undefined : stalled('NameChanged', rollout.renamed);

function serviceBlocker(world: World): Hold | undefined {
  const { rootService, rollout } = world;
  const { name } = rollout.spec.service;
  if (rootService === undefined) {
    return !hasOwnPorts(world)
      ? stalled('ServiceNotFound', `Service ${name} does not exist; create it, or give spec.service.ports`)
      : undefined;
  }
  if (rootService.type === 'ExternalName' || rootService.clusterIP === 'None') {
    return stalled(
      'ServiceUnsuitable',
      `Service ${name} is ${rootService.type === 'ExternalName' ? 'an ExternalName' : 'headless'}; a mesh splits only ClusterIP Services`,
    );
  }
  if (Object.keys(rootService.selector).length === 0) return stalled('ServiceUnsuitable', `Service ${name} has no selector`);
  return undefined;
}

function trafficBlocker(world: World): Hold | undefined {
  const { traffic } = world;
  if (traffic.kind === 'usable' && traffic.conflict !== undefined) return stalled('SplitNotOurs', traffic.conflict);
  return unusableBlocker(world) ?? doubt(world) ?? ownershipBlocker(world);
}

/** Splits can be read and written, and it is not sure who follows them: a weight may fall. */
const doubt = ({ traffic }: World): Hold | undefined =>
  traffic.kind === 'usable' && traffic.held !== undefined ? stalled(traffic.held.reason, traffic.held.message) : undefined;

export function unusableBlocker({ traffic }: World): Hold | undefined {
  return traffic.kind === 'unusable' ? stalled(traffic.reason, traffic.message) : undefined;
}

/** The root Service's split is somebody else's: then so is the Service. */
export function ownershipBlocker({ traffic, rollout }: World): Hold | undefined {
  if (traffic.kind === 'unusable' || traffic.split.kind === 'absent') return undefined;
  const { ownership } = traffic.split;
  if (ownership.kind === 'ours') return undefined;
  if (ownership.kind === 'foreign') return stalled('SplitNotOurs', `the TrafficSplit belongs to ${ownership.owner}`);
  if (rollout.adoptsSplit) return undefined;
  return stalled(
    'SplitNotOurs',
    'a TrafficSplit of that name exists already; annotate the Rollout with sluice.dev/adopt-split: "true" to take it over',
  );
}

/** A named targetPort of the root Service that the pods do not have: requests to it would fail on the revision's Service. */
export function portMismatch(ports: readonly RootPort[], template: Readonly<Record<string, unknown>>): Hold | undefined {
  const names = new Set(containerPortNames(template));
  const missing = ports.filter(({ targetPort }) => typeof targetPort === 'string' && !names.has(targetPort));
  if (missing.length === 0) return undefined;
  return stalled(
    'PortMismatch',
    `targetPort ${missing.map(({ targetPort }) => targetPort).join(', ')} of the Service is no named port of the template`,
  );
}

function containerPortNames(template: Readonly<Record<string, unknown>>): readonly string[] {
  const spec = template.spec as { containers?: unknown; initContainers?: unknown } | undefined;
  const containers = [spec?.containers, spec?.initContainers].flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  return containers
    .flatMap((container) => (container as { ports?: unknown }).ports ?? [])
    .map((port) => (port as { name?: unknown }).name)
    .filter((name) => typeof name === 'string');
}

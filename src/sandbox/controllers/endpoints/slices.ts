// The EndpointSlices of a Service, from its pods.
import { sameJson } from '../../../lib/index.ts';
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  isDeleting,
  isOver,
  isReady,
  type Pod,
  type Service,
  type ServicePort,
} from '../../objects/index.ts';

export const maxEndpoints = 100;
export const serviceLabel = 'kubernetes.io/service-name';
export const managerLabel = 'endpointslice.kubernetes.io/managed-by';
export const manager = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';

/** The pods of one set of ports: a named port may be another number in another pod. */
interface Group {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Pods with an address, whatever their state: those that are not ready, and those on their way out, are endpoints that say so. */
export function groupsOf(service: Service, pods: readonly Pod[]): readonly Group[] {
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    if (isOver(pod) || (pod.status?.podIP ?? '') === '') continue;
    const ports = (service.spec.ports ?? []).flatMap((port) => portOf(port, pod));
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(service, pod));
  }
  return [...groups.values()];
}

function portOf({ name, port, protocol, appProtocol, targetPort = port }: ServicePort, pod: Pod): readonly EndpointPort[] {
  const number =
    typeof targetPort === 'number'
      ? targetPort
      : pod.spec.containers.flatMap(({ ports }) => ports ?? []).find((each) => each.name === targetPort)?.containerPort;
  if (number === undefined) return [];
  return [{ name: name ?? '', port: number, protocol: protocol ?? 'TCP', ...(appProtocol === undefined ? {} : { appProtocol }) }];
}

function endpointOf({ spec }: Service, pod: Pod): Endpoint {
  const { namespace, name, uid } = pod.metadata;
  const serving = isReady(pod);
  const terminating = isDeleting(pod);
  const ready = spec.publishNotReadyAddresses === true || (serving && !terminating);
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving: serving || spec.publishNotReadyAddresses === true, terminating },
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', ...(namespace === undefined ? {} : { namespace }), name, uid },
  };
}

export interface SlicesPlan {
  readonly create: readonly Slice[];
  readonly update: readonly { readonly slice: EndpointSlice; readonly next: Slice }[];
  readonly remove: readonly EndpointSlice[];
}
export interface Slice {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/** Fewest changes: endpoints stay in the slice where they are, new ones fill what has room. An empty Service keeps one empty slice. */
export function planSlices(groups: readonly Group[], slices: readonly EndpointSlice[]): SlicesPlan {
  const left = new Set(slices);
  const create: Slice[] = [];
  const update: { slice: EndpointSlice; next: Slice }[] = [];
  for (const { ports, endpoints } of groups) {
    const own = [...left].filter((slice) => sameJson(slice.ports ?? [], ports));
    for (const slice of own) left.delete(slice);
    const waiting = new Map(endpoints.map((endpoint) => [idOf(endpoint), endpoint]));
    const kept = own.map((slice) => ({ slice, next: (slice.endpoints ?? []).flatMap((endpoint) => takeOut(waiting, idOf(endpoint))) }));
    const rest = [...waiting.values()];
    for (const { slice, next } of kept) {
      next.push(...rest.splice(0, maxEndpoints - next.length));
      if (next.length === 0) left.add(slice);
      else update.push({ slice, next: { ports, endpoints: next } });
    }
    while (rest.length > 0) create.push({ ports, endpoints: rest.splice(0, maxEndpoints) });
  }
  if (create.length > 0 || update.length > 0) return { create, update, remove: [...left] };
  const [placeholder, ...remove] = left;
  const empty: Slice = { ports: [], endpoints: [] };
  if (placeholder === undefined) return { create: [empty], update: [], remove };
  return { create: [], update: [{ slice: placeholder, next: empty }], remove };
}

const idOf = ({ targetRef, addresses }: Endpoint): string => targetRef?.uid ?? addresses[0] ?? '';

function takeOut(waiting: Map<string, Endpoint>, id: string): Endpoint[] {
  const endpoint = waiting.get(id);
  waiting.delete(id);
  return endpoint === undefined ? [] : [endpoint];
}

/** The Service's own labels, and what says whose the slice is. */
export function sliceLabels({ metadata, spec }: Service): Readonly<Record<string, string>> {
  const copied = Object.fromEntries(Object.entries(metadata.labels ?? {}).filter(([name]) => name !== headlessLabel));
  return {
    ...copied,
    ...(spec.clusterIP === 'None' ? { [headlessLabel]: '' } : {}),
    [managerLabel]: manager,
    [serviceLabel]: metadata.name,
  };
}

import type { EndpointSlice, Service, ServicePort } from '../objects/index.ts';
import { clusterName } from './readings.ts';

const isOf = (key: string, { metadata }: EndpointSlice): boolean =>
  key === `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`;

/** The addresses behind each port of a Service that selects its pods, by cluster. */
export function clustersOf(service: Service, slices: Iterable<EndpointSlice>): ReadonlyMap<string, readonly string[]> {
  const { metadata, spec } = service;
  if (spec.clusterIP === undefined || spec.clusterIP === 'None' || spec.clusterIP === '' || spec.selector === undefined) return new Map();
  const own = [...slices].filter((slice) => isOf(`${metadata.namespace}/${metadata.name}`, slice));
  return new Map((spec.ports ?? []).map((port) => [clusterName(service, port), targetsOf(own, port)]));
}

/** Ready endpoints only; a pod that is being deleted is not ready any more for the endpoint controller. */
function targetsOf(slices: readonly EndpointSlice[], port: ServicePort): readonly string[] {
  const targets = slices.flatMap((slice) => {
    const number = slice.ports?.find(({ name = '' }) => name === (port.name ?? ''))?.port;
    if (number === undefined) return [];
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    return ready.flatMap(({ addresses }) => addresses.map((address) => `${address}:${number}`));
  });
  return [...new Set(targets)].sort();
}

/** Every address of a Service, ready or not. */
export function addressesOf(key: string, slices: Iterable<EndpointSlice>): ReadonlySet<string> {
  const own = [...slices].filter((slice) => isOf(key, slice));
  return new Set(own.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses)));
}

// What the adapters of two meshes write: Linkerd's ServiceProfile and Istio's VirtualService.
import type { TrafficSplit, VirtualService } from './types.ts';
import { milliOf, percentsOf, plainName } from './weights.ts';

export const profileName = ({ metadata: { namespace }, spec }: TrafficSplit): string =>
  `${plainName(spec?.service ?? '')}.${namespace}.svc.cluster.local`;

/** Weights as strings, authorities without a port, as the real adaptor copies them. */
export const overridesOf = ({ metadata: { namespace }, spec }: TrafficSplit): readonly { authority: string; weight: string }[] =>
  (spec?.backends ?? []).map(({ service, weight = 0 }) => ({
    authority: `${plainName(service)}.${namespace}.svc.cluster.local`,
    weight: String(weight),
  }));

export const virtualServiceName = ({ metadata }: TrafficSplit): string => `${metadata.name}-vs`;

/** `hosts` and `http` of the VirtualService. */
export function virtualServiceSpec({ spec }: TrafficSplit): NonNullable<VirtualService['spec']> {
  const backends = spec?.backends ?? [];
  const percents = percentsOf(backends.map(({ weight }) => milliOf(weight) ?? 0));
  return {
    hosts: [spec?.service ?? ''],
    http: [{ route: backends.map(({ service }, at) => ({ destination: { host: service }, weight: percents[at] ?? 0 })) }],
  };
}

/** The garbage collector deletes it with its split. */
export function newVirtualService(split: TrafficSplit) {
  const { name, namespace, uid } = split.metadata;
  const owner = { apiVersion: 'split.smi-spec.io/v1alpha2', kind: 'TrafficSplit', name, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'VirtualService',
    metadata: { name: virtualServiceName(split), namespace, labels: { 'traffic-split': name }, ownerReferences: [owner] },
    spec: virtualServiceSpec(split),
  };
}

// What the adapters of two meshes write: Linkerd's ServiceProfile and Istio's VirtualService. Pure.
import { milliOf, plainName } from './mesh-modes.ts';
import type { TrafficSplit, VirtualService } from './mesh-types.ts';

export const profileName = (split: TrafficSplit): string =>
  `${plainName(split.spec?.service ?? '')}.${split.metadata.namespace}.svc.cluster.local`;

/** Weights as strings, authorities without a port, as the real adaptor copies them. */
export const overridesOf = (split: TrafficSplit): { authority: string; weight: string }[] =>
  (split.spec?.backends ?? []).map(({ service, weight = 0 }) => ({
    authority: `${plainName(service)}.${split.metadata.namespace}.svc.cluster.local`,
    weight: String(weight),
  }));

/** Whole percents, each rounded half away from zero, the last one takes what is left; a total of 0 leaves zeros. */
export function percentsOf(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (sum === 0) return weights.map(() => 0);
  const rounded = weights.slice(0, -1).map((weight) => Math.round((100 * weight) / sum));
  return [...rounded, 100 - rounded.reduce((a, b) => a + b, 0)];
}

export function virtualServiceOf(split: TrafficSplit): VirtualService {
  const backends = split.spec?.backends ?? [];
  const percents = percentsOf(backends.map(({ weight }) => milliOf(weight) ?? 0));
  const { name, namespace, uid = '' } = split.metadata;
  const owner = { apiVersion: 'split.smi-spec.io/v1alpha2', kind: 'TrafficSplit', name, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'VirtualService',
    metadata: {
      name: `${name}-vs`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { 'traffic-split': name },
      ownerReferences: [owner],
    },
    spec: {
      hosts: [split.spec?.service ?? ''],
      http: [{ route: backends.map(({ service }, at) => ({ destination: { host: service }, weight: percents[at] ?? 0 })) }],
    },
  };
}

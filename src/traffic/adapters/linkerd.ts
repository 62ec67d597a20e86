import type { KubeObject } from '../../kube/index.ts';
import { isObject } from '../../lib/index.ts';
import type { Adapter, AdapterTargets, AdapterWeight } from '../adapter.ts';
import { decodeWeight } from '../smi/weight.ts';

const skip = 'smi.linkerd.io/skip';

/** linkerd-smi copies a split to `dstOverrides` of the ServiceProfile that is named by the root's full name. */
export const linkerdAdapter: Adapter = {
  resource: {
    group: 'linkerd.io',
    plural: 'serviceprofiles',
    kind: 'ServiceProfile',
    namespaced: true,
    versions: ['v1alpha2', 'v1alpha1'],
    verbs: ['list', 'watch'],
  },
  objectName: ({ root, namespace, clusterDomain }) => `${root}.${namespace}.svc.${clusterDomain}`,
  targetsOf,
  sendsOf: ({ spec }) => weightsOf(isObject(spec) && Array.isArray(spec.dstOverrides) ? spec.dstOverrides : []),
  hostsOf: ({ metadata }) => [metadata.name],
  expected: (split) => split,
  excludesOthers: false,
};

function targetsOf({ metadata, spec }: KubeObject): AdapterTargets {
  // Presence counts, whatever the value: so does linkerd-smi read it.
  if (metadata.annotations?.[skip] !== undefined) {
    return { kind: 'unfit', message: `is annotated ${skip}, so linkerd-smi does not write it; remove the annotation` };
  }
  const overrides = isObject(spec) ? spec.dstOverrides : undefined;
  if (!Array.isArray(overrides) || overrides.length === 0) {
    return {
      kind: 'unfit',
      message:
        'has no dstOverrides: linkerd-smi has not written it (Linkerd before 2.12 has no linkerd-smi: set provider: generic and version: v1alpha1)',
    };
  }
  return { kind: 'weights', weights: weightsOf(overrides) };
}

const weightsOf = (overrides: readonly unknown[]): readonly AdapterWeight[] =>
  overrides
    .filter(isObject)
    .map(({ authority, weight }) => ({ host: typeof authority === 'string' ? authority : '', milliWeight: decodeWeight(weight) }));

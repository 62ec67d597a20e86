import { isObject } from '../../lib/index.ts';
import type { ApiObject } from '../api/index.ts';

/** Which of the kinds that a mesh reads the cluster serves. */
export interface Served {
  readonly splitVersions: ReadonlySet<string>;
  /** The highest version of HTTPRouteGroup. */
  readonly routeGroups: string | undefined;
  readonly hasProfiles: boolean;
  readonly hasVirtualServices: boolean;
  /** Equal where all of this is. */
  readonly key: string;
}

export function servedOf(definitions: Iterable<ApiObject>): Served {
  const served = new Map<string, readonly string[]>();
  for (const { metadata, spec } of definitions) served.set(metadata.name, servedVersions(spec));
  const of = (name: string): readonly string[] => served.get(name) ?? [];
  const splitVersions = of('trafficsplits.split.smi-spec.io');
  const routeGroups = [...of('httproutegroups.specs.smi-spec.io')].sort().at(-1);
  const hasProfiles = of('serviceprofiles.linkerd.io').includes('v1alpha2');
  const hasVirtualServices = of('virtualservices.networking.istio.io').includes('v1alpha3');
  return {
    ...{ splitVersions: new Set(splitVersions), routeGroups, hasProfiles, hasVirtualServices },
    key: [splitVersions.join(), routeGroups, hasProfiles, hasVirtualServices].join('|'),
  };
}

function servedVersions(spec: unknown): readonly string[] {
  const versions = isObject(spec) && Array.isArray(spec.versions) ? spec.versions : [];
  return versions.flatMap((version) => (isObject(version) && version.served === true ? [String(version.name)] : []));
}

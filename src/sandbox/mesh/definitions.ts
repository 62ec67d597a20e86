// The kinds that the meshes install, as their own charts do: permissive, without status or conversion.
type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const object = (properties: Schema, required: readonly string[] = []): Schema => ({
  type: 'object',
  ...(required.length === 0 ? {} : { required }),
  properties,
});
const list = (items: Schema): Schema => ({ type: 'array', items });
const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const backends = list(object({ service: text, weight: { type: 'number' } }, ['service', 'weight']));
const splitSpec = (properties: Schema): Schema =>
  object({ spec: object({ service: text, backends, ...properties }, ['service', 'backends']) });
const matches = list(object({ kind: { type: 'string', enum: ['HTTPRouteGroup'] }, name: text }, ['kind', 'name']));

const splitSchemas: Readonly<Record<string, Schema>> = {
  v1alpha1: object({
    spec: object({ service: text, backends: list(object({ service: text, weight: { 'x-kubernetes-int-or-string': true } })) }),
  }),
  v1alpha2: splitSpec({}),
  v1alpha3: splitSpec({ matches }),
  v1alpha4: splitSpec({ matches }),
};

/** The sets of TrafficSplit versions that are really installed out there. */
export const splitSets = {
  /** All four; the SDK's hub version is stored. */
  all: { served: ['v1alpha1', 'v1alpha2', 'v1alpha3', 'v1alpha4'], storage: 'v1alpha4' },
  linkerd: { served: ['v1alpha1', 'v1alpha2'], storage: 'v1alpha1' },
  osm: { served: ['v1alpha2'], storage: 'v1alpha2' },
  traefik: { served: ['v1alpha3'], storage: 'v1alpha3' },
  sdk: { served: ['v1alpha4'], storage: 'v1alpha4' },
} as const;
export type SplitSet = keyof typeof splitSets;

interface Names {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
}

const definition = (group: string, { kind, plural, shortNames }: Names, versions: readonly Schema[]) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
    versions,
  },
});

const version = (name: string, isStored: boolean, schema: Schema, more: Schema = {}): Schema => ({
  ...{ name, served: true, storage: isStored, schema: { openAPIV3Schema: schema } },
  ...more,
});

/** TrafficSplit in the versions of the set, as a definition keeps them: all are listed, some are served. */
export function splitDefinition(set: SplitSet) {
  const { served, storage } = splitSets[set];
  const columns = [{ name: 'Service', type: 'string', jsonPath: '.spec.service', description: 'The apex service of this split' }];
  const names = { kind: 'TrafficSplit', plural: 'trafficsplits', shortNames: ['ts'] };
  return definition(
    'split.smi-spec.io',
    names,
    Object.entries(splitSchemas).map(([name, schema]) => ({
      ...version(name, name === storage, schema, { additionalPrinterColumns: columns }),
      served: (served as readonly string[]).includes(name),
    })),
  );
}

/** Everything that a mesh installs, or may meet. */
export function meshDefinitions(set: SplitSet) {
  const group = object({ spec: open }, ['spec']);
  return [
    splitDefinition(set),
    definition('specs.smi-spec.io', { kind: 'HTTPRouteGroup', plural: 'httproutegroups', shortNames: ['htr'] }, [
      version('v1alpha3', false, group),
      version('v1alpha4', true, group),
    ]),
    definition('linkerd.io', { kind: 'ServiceProfile', plural: 'serviceprofiles', shortNames: ['sp'] }, [
      version('v1alpha2', true, object({ spec: open })),
    ]),
    definition('networking.istio.io', { kind: 'VirtualService', plural: 'virtualservices', shortNames: ['vs'] }, [
      version('v1alpha3', true, object({ spec: open, status: open }), { subresources: { status: {} } }),
    ]),
  ];
}

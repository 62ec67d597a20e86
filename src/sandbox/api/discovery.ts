import { apiVersionOf, type Kind, type KindRegistry, type KindVersion } from './kinds/index.ts';
import type { ApiAnswer, ApiRequest } from './port.ts';
import { answer, noSuchPath, refuse } from './status.ts';
import { byText, type Members } from './values.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

interface GroupVersion {
  readonly name: string;
  readonly resources: readonly { readonly kind: Kind; readonly version: KindVersion }[];
}
interface Group {
  readonly name: string;
  /** Preferred first. */
  readonly versions: readonly GroupVersion[];
}

/** Groups of resources that are no objects: reviews are asked, not stored. */
const reviews: readonly { readonly group: string; readonly plural: string; readonly kind: string; readonly namespaced: boolean }[] = [
  { group: 'authentication.k8s.io', plural: 'tokenreviews', kind: 'TokenReview', namespaced: false },
  { group: 'authentication.k8s.io', plural: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false },
  { group: 'authorization.k8s.io', plural: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false },
  { group: 'authorization.k8s.io', plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', namespaced: false },
  { group: 'authorization.k8s.io', plural: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true },
  { group: 'authorization.k8s.io', plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', namespaced: false },
];

function groupsOf(kinds: KindRegistry): readonly Group[] {
  const names = [...new Set([...kinds.all().map(({ group }) => group), ...reviews.map(({ group }) => group)])].sort(byText);
  return names.flatMap((name) => {
    const versions = versionsOf(name, kinds);
    return versions.length === 0 ? [] : [{ name, versions }];
  });
}

function versionsOf(group: string, kinds: KindRegistry): readonly GroupVersion[] {
  const served = kinds
    .all()
    .filter((kind) => kind.group === group)
    .flatMap((kind) => kind.versions.filter((version) => version.served).map((version) => ({ kind, version })));
  const names = [...new Set([...served.map(({ version }) => version.name), ...(reviews.some((one) => one.group === group) ? ['v1'] : [])])];
  return names.map((name) => ({ name, resources: served.filter(({ version }) => version.name === name) }));
}

/** `/api`, `/apis`, `/apis/G`, `/api/v1` and `/apis/G/V`; undefined where the path is none of them. */
export function discover(kinds: KindRegistry, request: ApiRequest): ApiAnswer | undefined {
  const parts = request.path.split('/').filter((part) => part !== '');
  const [root, group = '', version] = parts;
  if (root === 'api' && parts.length === 1) return isAggregated(request) ? aggregated(kinds, true) : answer(200, legacyVersions);
  if (root === 'api' && parts.length === 2) return answer(200, resourceList(kinds, '', group));
  if (root !== 'apis' || parts.length > 3) return undefined;
  if (parts.length === 1) return isAggregated(request) ? aggregated(kinds, false) : answer(200, groupList(kinds));
  return parts.length === 2 ? answer(200, oneGroup(kinds, group)) : answer(200, resourceList(kinds, group, version ?? ''));
}

const legacyVersions: Members = {
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
};

const groupBody = ({ name, versions }: Group): Members => {
  const all = versions.map((version) => ({ groupVersion: apiVersionOf(name, version.name), version: version.name }));
  return { name, versions: all, preferredVersion: all[0] };
};

const groupList = (kinds: KindRegistry): Members => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(kinds)
    .filter(({ name }) => name !== '')
    .map(groupBody),
});

function oneGroup(kinds: KindRegistry, name: string): Members {
  const group = groupsOf(kinds).find((one) => one.name === name) ?? refuse(noSuchPath);
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) };
}

function resourceList(kinds: KindRegistry, group: string, version: string): Members {
  const found =
    groupsOf(kinds)
      .find(({ name }) => name === group)
      ?.versions.find(({ name }) => name === version) ?? refuse(noSuchPath);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(group, version),
    resources: [
      ...found.resources.flatMap(resourceEntries),
      ...reviews
        .filter((review) => review.group === group)
        .map(({ plural, kind, namespaced }) => ({ name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs: ['create'] })),
    ],
  };
}

function resourceEntries({ kind, version }: { readonly kind: Kind; readonly version: KindVersion }): readonly Members[] {
  const { plural, namespaced } = kind;
  return [
    {
      name: plural,
      singularName: kind.singular,
      namespaced,
      kind: kind.kind,
      verbs,
      ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
      ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    },
    ...subresourcesOf(version).map(({ name, isScale }) => ({
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...(isScale ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : { kind: kind.kind }),
      verbs: ['get', 'patch', 'update'],
    })),
  ];
}

const subresourcesOf = ({ hasStatus, scale }: KindVersion): readonly { readonly name: string; readonly isScale: boolean }[] => [
  ...(hasStatus ? [{ name: 'status', isScale: false }] : []),
  ...(scale === undefined ? [] : [{ name: 'scale', isScale: true }]),
];

const isAggregated = ({ headers }: ApiRequest): boolean => headers?.accept?.includes('as=APIGroupDiscoveryList') === true;

/** Everything in one answer, as kubectl asks for it. */
function aggregated(kinds: KindRegistry, isCore: boolean): ApiAnswer {
  const items = groupsOf(kinds)
    .filter(({ name }) => (name === '') === isCore)
    .map(({ name, versions }) => ({
      metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
      versions: versions.map((version) => ({
        version: version.name,
        resources: [
          ...version.resources.map(discovered),
          ...reviews.filter(({ group }) => group === name).map((review) => discoveredReview(review, version.name)),
        ],
        freshness: 'Current',
      })),
    }));
  const body = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  return answer(200, body, { 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' });
}

function discovered({ kind, version }: { readonly kind: Kind; readonly version: KindVersion }): Members {
  const responseKind = { group: kind.group, version: version.name, kind: kind.kind };
  return {
    resource: kind.plural,
    responseKind,
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs,
    shortNames: kind.shortNames,
    categories: kind.categories,
    subresources: subresourcesOf(version).map(({ name, isScale }) => ({
      subresource: name,
      responseKind: isScale ? { group: 'autoscaling', version: 'v1', kind: 'Scale' } : responseKind,
      verbs: ['get', 'patch', 'update'],
    })),
  };
}

const discoveredReview = ({ group, plural, kind, namespaced }: (typeof reviews)[number], version: string): Members => ({
  resource: plural,
  responseKind: { group, version, kind },
  scope: namespaced ? 'Namespaced' : 'Cluster',
  singularResource: kind.toLowerCase(),
  verbs: ['create'],
});

import { sameJson } from '../../../lib/index.ts';
import type { ApiObject } from '../port.ts';
import { ageColumn, nameColumn } from './cells.ts';
import type { Column, Kind, KindRules, KindVersion, MetadataChecks, ScalePaths } from './kind.ts';
import { object, type Shape } from './shapes.ts';

export interface BuiltinKind {
  readonly group: string;
  readonly version?: string;
  readonly plural: string;
  readonly kind: string;
  readonly shortNames?: readonly string[];
  readonly isClusterScoped?: boolean;
  readonly inAll?: boolean;
  readonly members: Readonly<Record<string, Shape>>;
  readonly hasStatus?: boolean;
  readonly scale?: ScalePaths;
  /** All columns; left out: Name and Age. */
  readonly columns?: readonly Column[];
  readonly rules?: Partial<KindRules>;
}

/** Kinds whose update is checked as their creation is, too. */
export const checkedTwice: MetadataChecks = { asChange: 2, asWhole: ['core', 'core'], isFreeName: false };

export const defaultRules: KindRules = {
  metadata: { asChange: 2, asWhole: ['core'], isFreeName: false },
  takesUnconditionalUpdate: true,
  createsOnUpdate: false,
  returnsDeleted: false,
  reset: [],
  statusReset: [['spec']],
};

/** A kind of Kubernetes' own, which has one version. */
export function builtin({ version = 'v1', hasStatus = false, ...given }: BuiltinKind): Kind {
  const served: KindVersion = {
    name: version,
    served: true,
    schema: object(given.members),
    columns: given.columns ?? [nameColumn, ageColumn],
    hasStatus,
    scale: given.scale,
  };
  return {
    group: given.group,
    plural: given.plural,
    singular: given.kind.toLowerCase(),
    kind: given.kind,
    listKind: `${given.kind}List`,
    shortNames: given.shortNames ?? [],
    categories: given.inAll === true ? ['all'] : [],
    namespaced: given.isClusterScoped !== true,
    table: given.group === '' ? given.plural : `${given.group}/${given.plural}`,
    versions: [served],
    storageVersion: version,
    isCustom: false,
    rules: { ...defaultRules, ...(hasStatus ? { reset: ['status'] } : {}), ...given.rules },
  };
}

export const specChanged = (now: ApiObject, old: ApiObject): boolean => !sameJson(now.spec, old.spec);

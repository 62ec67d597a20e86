import type { FieldError } from '../field-error.ts';
import type { ApiObject } from '../port.ts';
import type { Schema } from '../schema/index.ts';

/** One column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  /** 1: with `-o wide` only. */
  readonly priority?: number;
  cell(object: ApiObject, nowMs: number): unknown;
}

/** Where the counts of `/scale` are in the object. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** A label selector as text (custom resources) or as an object (built-in kinds). */
  readonly selector: readonly string[] | undefined;
}

export interface KindVersion {
  readonly name: string;
  readonly served: boolean;
  readonly schema: Schema;
  /** The columns after Name; undefined: Name and Age only. */
  readonly columns: readonly Column[];
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths | undefined;
  /** Between this version and what is stored, where they differ by more than their name. */
  readonly codec?: Codec | undefined;
}

export interface Codec {
  toStored(object: ApiObject): ApiObject;
  fromStored(object: ApiObject): ApiObject;
}

/**
 * How the server looks at an object's metadata: so many times as a change on an update; and as a whole, of which `core` knows which
 * finalizers are Kubernetes' own. On creation it looks once.
 */
export interface MetadataChecks {
  readonly asChange: number;
  readonly asWhole: readonly ('core' | 'any')[];
  /** Some names are paths of RBAC, and free. */
  readonly isFreeName: boolean;
}

/** What a kind does beyond its schema. */
export interface KindRules {
  readonly metadata: MetadataChecks;
  /** Whether a write moves `metadata.generation` on; left out: the kind has none. */
  readonly generation?: ((object: ApiObject, old: ApiObject) => boolean) | undefined;
  /** PUT without a resourceVersion. */
  readonly takesUnconditionalUpdate: boolean;
  /** PUT of an object that does not exist. */
  readonly createsOnUpdate: boolean;
  /** DELETE answers with the object, not with a Status. */
  readonly returnsDeleted: boolean;
  /** What a write through the main endpoint cannot set: `status`, where it is a subresource. */
  readonly reset: readonly string[];
  /** What a write of the status cannot set. Of Kubernetes' own kinds some take labels, annotations or finalizers with it. */
  readonly statusReset: readonly (readonly string[])[];
  /** The rest of decoding: defaults that depend on other fields. Who writes the object owns them with it. */
  complete?(object: ApiObject): ApiObject;
  /** Fills in what the server alone decides, on creation (without `old`) and on update. */
  prepare?(object: ApiObject, old: ApiObject | undefined, context: PrepareContext): ApiObject;
  validate?(object: ApiObject, old: ApiObject | undefined): readonly FieldError[];
  /** Seconds that the object stays after a DELETE; undefined: none. */
  gracePeriod?(object: ApiObject, asked: number | undefined): number | undefined;
  readonly fields?: FieldIndex;
}

/** The fields that a selector may ask for beside name and namespace. */
export interface FieldIndex {
  readonly names: readonly string[];
  of(object: ApiObject): Readonly<Record<string, string>>;
}

export interface PrepareContext {
  readonly nowMs: number;
  /** Takes a free address of a Service. */
  allocateIp(): string;
}

export interface Kind {
  readonly group: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Where its objects are kept. */
  readonly table: string;
  /** In the order of discovery: preferred first. */
  readonly versions: readonly KindVersion[];
  readonly storageVersion: string;
  readonly isCustom: boolean;
  readonly rules: KindRules;
}

export const apiVersionOf = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`);

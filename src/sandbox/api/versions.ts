import { apiVersionOf, type Kind, type KindVersion } from './kinds/index.ts';
import type { ApiObject } from './port.ts';
import { prune, withDefaults } from './schema/index.ts';
import { freeze } from './values.ts';

const converted = new WeakMap<ApiObject, Map<KindVersion, ApiObject>>();

/** A stored object in one version of its kind. The same object gives the same answer, by identity. */
export function fromStored(stored: ApiObject, kind: Kind, version: KindVersion): ApiObject {
  if (version.codec === undefined && version.name === kind.storageVersion) return stored;
  const known = converted.get(stored) ?? new Map<KindVersion, ApiObject>();
  converted.set(stored, known);
  let object = known.get(version);
  if (object === undefined) {
    object = freeze(asVersion(stored, kind, version));
    known.set(version, object);
  }
  return object;
}

function asVersion(stored: ApiObject, kind: Kind, version: KindVersion): ApiObject {
  if (version.codec !== undefined) return version.codec.fromStored(stored);
  const renamed = { ...stored, apiVersion: apiVersionOf(kind.group, version.name) };
  return withDefaults(prune(renamed, version.schema), version.schema);
}

/** An object of one version as it is stored. */
export function toStored(object: ApiObject, kind: Kind, version: KindVersion): ApiObject {
  if (version.codec !== undefined) return version.codec.toStored(object);
  if (version.name === kind.storageVersion) return object;
  const stored = kind.versions.find(({ name }) => name === kind.storageVersion);
  const renamed = { ...object, apiVersion: apiVersionOf(kind.group, kind.storageVersion) };
  return stored === undefined ? renamed : withDefaults(prune(renamed, stored.schema), stored.schema);
}

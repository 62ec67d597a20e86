// Who owns the count of an object that is scaled: the server keeps the managers of the Scale and carries them over.
import {
  difference,
  type FieldSet,
  has,
  identityOf,
  isEmpty,
  type Managed,
  type Manager,
  readManagers,
  setOf,
  type Tracking,
  writeManagers,
} from './apply/index.ts';
import { type Call, managerOf, timestamp } from './call.ts';
import { apiVersionOf, scaleSchema } from './kinds/index.ts';
import type { ApiObject } from './port.ts';
import { type Members, membersOf, withMembers } from './values.ts';

const scaleVersion = 'autoscaling/v1';
const field = (path: readonly string[]): FieldSet => setOf(path.map((name) => `f:${name}`));
const countOfScale = ['f:spec', 'f:replicas'];
const replicasOfScale = setOf(countOfScale);

/** How writes of a scale are tracked, before they are carried over. */
export const scaleTracking = (call: Call, operation: Manager['operation']): Tracking => ({
  schema: scaleSchema,
  manager: { ...managerOf(call, operation), apiVersion: scaleVersion },
  time: timestamp(call.nowMs),
  reset: [],
  isTyped: true,
});

/** The scale of an object, with the managers of its count. */
export function withScaleManagers(call: Call, object: ApiObject, scale: Members): Members {
  const paths = pathsOf(call);
  const owners = [...readManagers(object.metadata.managedFields).values()]
    .filter((managed) => owns(managed, paths))
    .map((managed): Managed => ({ ...managed, apiVersion: scaleVersion, fields: replicasOfScale }));
  const managedFields = writeManagers(new Map(owners.map((managed) => [identityOf(managed), managed])));
  return { ...scale, metadata: { ...membersOf(scale.metadata), managedFields } };
}

/** Whether anybody owns the count of the scale. */
export const hasScaleManagers = (scale: Members): boolean => readManagers(membersOf(scale.metadata).managedFields).size > 0;

/** The object with the managers that its scale has now. */
export function withManagersOfScale(call: Call, object: ApiObject, scale: Members): ApiObject {
  const paths = pathsOf(call);
  const own = readManagers(object.metadata.managedFields);
  const owners = readManagers(membersOf(scale.metadata).managedFields);
  const managedFields = writeManagers(new Map([...left(own, owners, paths), ...arrived(own, owners, call, paths)]));
  if (managedFields === undefined && call.kind.isCustom) return object;
  return { ...object, metadata: withMembers(object.metadata, { managedFields }) };
}

/** Where each version of the kind keeps its count. */
type CountPaths = ReadonlyMap<string, FieldSet | undefined>;

const pathsOf = ({ kind }: Call): CountPaths =>
  new Map(
    kind.versions.map(({ name, scale }) => [apiVersionOf(kind.group, name), scale === undefined ? undefined : field(scale.specReplicas)]),
  );

function owns({ apiVersion, fields }: Managed, paths: CountPaths): boolean {
  const path = paths.get(apiVersion);
  return path !== undefined && isEmpty(difference(path, fields));
}

type Entries = readonly (readonly [string, Managed])[];

/** Of the object's managers: who owned the count and does not own it in the scale, loses it. */
const left = (own: ReadonlyMap<string, Managed>, owners: ReadonlyMap<string, Managed>, paths: CountPaths): Entries =>
  [...own].flatMap(([identity, managed]) => {
    if (!paths.has(managed.apiVersion)) return [];
    if (!owns(managed, paths) || owners.has(identity)) return [[identity, managed] as const];
    const fields = difference(managed.fields, paths.get(managed.apiVersion) as FieldSet);
    return [[identity, { ...managed, fields }] as const];
  });

/** Who owns the count in the scale and had nothing of the object. The server knows no time for them. */
const arrived = (own: ReadonlyMap<string, Managed>, owners: ReadonlyMap<string, Managed>, call: Call, paths: CountPaths): Entries =>
  [...owners].flatMap(([identity, managed]) => {
    const apiVersion = apiVersionOf(call.kind.group, call.version.name);
    const fields = paths.get(apiVersion);
    return own.has(identity) || fields === undefined || !has(managed.fields, countOfScale)
      ? []
      : [[identity, { ...managed, apiVersion, fields, time: undefined }] as const];
  });

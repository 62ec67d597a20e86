import { rolloutLabel } from '../../core/names.ts';
import type { SplitStamp } from '../../core/split.ts';
import type { KubeObject } from '../../kube/index.ts';
import { isObject } from '../../lib/index.ts';
import type { MeshRecord } from '../router.ts';
import { lastManagerOf } from './last-manager.ts';
import { foreignMark, ownerOf, type RecordOwner } from './marks.ts';
import { readStamp, stampedBy } from './stamp.ts';
import { splitResource } from './versions.ts';
import { decodeWeight } from './weight.ts';

/** What is kept of a TrafficSplit, of any version and any owner. */
export interface SplitRecord extends MeshRecord {
  readonly resource: typeof splitResource;
  /** As spelled in the object, like the backends. */
  readonly root: string;
  readonly backends: readonly RecordBackend[];
  readonly owner: RecordOwner | undefined;
  /** Another writer's label or annotation, in words. */
  readonly mark: string | undefined;
  readonly rolloutLabel: string | undefined;
  readonly stampedBy: string | undefined;
  readonly stamp: SplitStamp | undefined;
  readonly lastManager: string | undefined;
  readonly hasMatches: boolean;
}

export interface RecordBackend {
  readonly service: string;
  /** Undefined where the object has something there that is no weight. */
  readonly milliWeight: number | undefined;
}

export const isSplitRecord = (record: MeshRecord): record is SplitRecord => record.resource === splitResource;

/** Never throws: an object without a usable spec becomes a record without root or backends. */
export function projectSplit(object: KubeObject): SplitRecord {
  const { metadata } = object;
  const spec = isObject(object.spec) ? object.spec : {};
  const annotations = metadata.annotations ?? {};
  return {
    resource: splitResource,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    root: typeof spec.service === 'string' ? spec.service : '',
    backends: (Array.isArray(spec.backends) ? spec.backends : []).filter(isObject).map(backendOf),
    owner: ownerOf(metadata),
    mark: foreignMark(metadata),
    rolloutLabel: metadata.labels?.[rolloutLabel],
    stampedBy: stampedBy(annotations),
    stamp: readStamp(annotations),
    lastManager: lastManagerOf(metadata.managedFields),
    hasMatches: Array.isArray(spec.matches) && spec.matches.length > 0,
  };
}

const backendOf = (backend: Record<string, unknown>): RecordBackend => ({
  service: typeof backend.service === 'string' ? backend.service : '',
  milliWeight: decodeWeight(backend.weight),
});

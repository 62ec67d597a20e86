import type { Split } from '../../core/split.ts';
import type { SplitView } from '../../core/world.ts';
import { plainServiceName } from '../service-name.ts';
import type { SplitRecord } from './record.ts';

type Ownership = Extract<SplitView, { kind: 'present' }>['ownership'];

export interface RolloutIdentity {
  readonly uid: string;
  readonly name: string;
}

export function readSplit(record: SplitRecord | undefined, rollout: RolloutIdentity): SplitView {
  if (record === undefined) return { kind: 'absent' };
  const { uid, resourceVersion, stamp, lastManager } = record;
  return { kind: 'present', uid, resourceVersion, split: splitOf(record), stamp, ownership: ownershipOf(record, rollout), lastManager };
}

/**
 * The split as stored: names plain, weights as they stand (relative; 0.5 for `500m`), so that it differs from what we write wherever
 * somebody else wrote. A split with a weight that cannot be read sends nobody knows what: it is given without backends, which
 * equals no split of ours and is put right like any foreign edit.
 */
export function splitOf({ root, namespace, backends }: SplitRecord): Split {
  const isReadable = backends.every(({ service, milliWeight }) => service !== '' && milliWeight !== undefined);
  const plain = backends.map(({ service, milliWeight }) => ({
    service: plainServiceName(service, namespace),
    weight: (milliWeight ?? 0) / 1000,
  }));
  return { root: plainServiceName(root, namespace), backends: isReadable ? plain : [] };
}

/**
 * Ours by the controller reference alone, whatever marks others leave (those become a conflict, which holds raises and lets cuts
 * through). Ours by stamp only while nobody else claims it.
 */
function ownershipOf(record: SplitRecord, rollout: RolloutIdentity): Ownership {
  const { owner, mark } = record;
  if (owner !== undefined) return owner.uid === rollout.uid ? { kind: 'ours' } : foreign(ownerText(owner, rollout));
  if (mark !== undefined) return foreign(mark);
  if (record.stampedBy === rollout.uid) return { kind: 'ours' };
  // A name is unique in its namespace: a stamp of the same name and another UID is from a Rollout that is gone.
  if (record.stampedBy === undefined || record.rolloutLabel === rollout.name) return { kind: 'plain' };
  return foreign(`Rollout ${record.rolloutLabel ?? record.stampedBy} (Sluice)`);
}

const foreign = (owner: string): Ownership => ({ kind: 'foreign', owner });

const ownerText = ({ isRollout, name, text }: NonNullable<SplitRecord['owner']>, rollout: RolloutIdentity): string =>
  isRollout && name === rollout.name ? `an earlier Rollout ${name}, deleted and not yet collected` : text;

import { ourPrefix, rolloutUidAnnotation } from '../../core/names.ts';
import { fingerprintOf, type Split, type SplitStamp } from '../../core/split.ts';

/** Who writes, in which epoch and when; the fingerprint follows from the split that is written. */
export type WriteStamp = Omit<SplitStamp, 'fingerprint'>;

const epochKey = `${ourPrefix}epoch`;
const writtenAtKey = `${ourPrefix}written-at`;
const wroteKey = `${ourPrefix}wrote`;

type Annotations = Readonly<Record<string, string>>;

export const stampAnnotations = (stamp: WriteStamp, split: Split): Annotations => ({
  [epochKey]: String(stamp.epoch),
  [rolloutUidAnnotation]: stamp.rollout,
  [writtenAtKey]: new Date(stamp.writtenAtMs).toISOString(),
  [wroteKey]: fingerprintOf(split),
});

/** The UID of the Rollout that stamped the object; also where the rest of the stamp was spoilt by hand. */
export const stampedBy = (annotations: Annotations): string | undefined => annotations[rolloutUidAnnotation] || undefined;

/** Undefined where any part is missing or unreadable: half a stamp would start a confirmation from a time that nobody wrote. */
export function readStamp(annotations: Annotations): SplitStamp | undefined {
  const rollout = stampedBy(annotations);
  const epoch = /^\d{1,15}$/.test(annotations[epochKey] ?? '') ? Number(annotations[epochKey]) : undefined;
  const writtenAtMs = Date.parse(annotations[writtenAtKey] ?? '');
  const fingerprint = annotations[wroteKey];
  if (rollout === undefined || epoch === undefined || fingerprint === undefined || Number.isNaN(writtenAtMs)) return undefined;
  return { rollout, epoch, writtenAtMs, fingerprint };
}

/**
 * The core's only idea of traffic: which Services share the root Service's requests, in percent. `traffic/` translates it to
 * the mesh's own objects and back.
 */
export interface Split {
  /** The root Service: the name that clients call. */
  readonly root: string;
  /** Whole percents that sum to 100; the stable backend is last. */
  readonly backends: readonly SplitBackend[];
}

export interface SplitBackend {
  readonly service: string;
  readonly weight: number;
}

/** What we stamp on the mesh object: who wrote it, in which epoch, and what it was meant to say. */
export interface SplitStamp {
  /** `metadata.uid` of the Rollout. */
  readonly rollout: string;
  readonly epoch: number;
  /** Wall clock of the write, milliseconds: the start of the elapsed rung, across restarts. */
  readonly writtenAtMs: number;
  /** Fingerprint of the backends as we wrote them: differs from the object's own where somebody else edited it. */
  readonly fingerprint: string;
}

/** All backends by name, those without weight as well: naming one is a change of the object, too. */
export const fingerprintOf = (split: Split): string =>
  [...split.backends]
    .sort((left, right) => (left.service < right.service ? -1 : 1))
    .map(({ service, weight }) => `${service}=${weight}`)
    .join(',');

/** What a fingerprint says of who gets requests. */
export const sharesIn = (fingerprint: string): string =>
  fingerprint
    .split(',')
    .filter((backend) => !backend.endsWith('=0'))
    .join(',');

/** The share of `service`, in percent of all weights: weights in the SMI are relative. NaN where all are zero. */
export function shareOf(split: Split, service: string): number {
  const sum = split.backends.reduce((total, backend) => total + backend.weight, 0);
  const own = split.backends.filter((backend) => backend.service === service).reduce((total, backend) => total + backend.weight, 0);
  return (100 * own) / sum;
}

/** True where both send the same share of requests to every Service; backends of weight 0 say nothing. */
export const sendsAlike = (left: Split, right: Split): boolean =>
  left.root === right.root && sharesIn(fingerprintOf(left)) === sharesIn(fingerprintOf(right));

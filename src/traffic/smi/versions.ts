import type { SmiTraffic } from '../../core/rollout.ts';
import { decodeWeight } from './weight.ts';

export type SplitVersion = Exclude<SmiTraffic['version'], 'auto'>;

/** What differs between the versions of TrafficSplit; all the rest is one render and one read. */
export interface SplitCodec {
  readonly apiVersion: string;
  /** The schema has `spec.matches`. The other versions prune it without a word, and then a match split sends everybody to its backends. */
  readonly keepsMatches: boolean;
  /** Thousandths; undefined where the value is no weight. */
  readonly decodeWeight: (value: unknown) => number | undefined;
  /** A bare JSON integer: a quantity takes one as well, and one fraction makes typed clients fail on every split of the cluster. */
  readonly encodeWeight: (weight: number) => number;
}

export const splitGroup = 'split.smi-spec.io';
export const splitPlural = 'trafficsplits';
export const splitResource = `${splitPlural}.${splitGroup}`;

const codec = (version: SplitVersion, keepsMatches: boolean): SplitCodec => ({
  apiVersion: `${splitGroup}/${version}`,
  keepsMatches,
  decodeWeight,
  encodeWeight: (weight) => weight,
});

export const splitCodecs: Readonly<Record<SplitVersion, SplitCodec>> = {
  v1alpha1: codec('v1alpha1', false),
  v1alpha2: codec('v1alpha2', false),
  v1alpha3: codec('v1alpha3', true),
  v1alpha4: codec('v1alpha4', true),
};

/** Newest first. */
export const splitVersions: readonly SplitVersion[] = ['v1alpha4', 'v1alpha3', 'v1alpha2', 'v1alpha1'];

import { fail } from '../../../lib/index.ts';

/** `compare` of a metric. */
export interface CompareOptions {
  /** How likely a canary that is no worse than minEffect may be called worse, however often one looks: 0 < alpha < 0.5. */
  readonly alpha: number;
  /** Smaller losses than this never fail: of the success rate for rates, in the buckets' unit for latencies. */
  readonly minEffect: number;
}

/** ln of the evidence that excludes a null. */
export const logNeeded = (alpha: number): number => -Math.log(alpha);

export type VerdictKind = 'worse' | 'notWorse' | 'unknown';

export interface Verdict {
  /** `worse` is final. `notWorse`: the bound excludes a loss above minEffect as things are; more windows may take it back. */
  readonly kind: VerdictKind;
  /** The loss is more than this, with confidence 1 - alpha; absent where nothing is known. */
  readonly lower?: number;
  /** The loss is less than this, with confidence 1 - alpha; absent where nothing is known. */
  readonly upper?: number;
  /** ln of the evidence against "no worse than minEffect", and against "worse than minEffect"; from `needed` on it is enough. */
  readonly logEvidence: { readonly worse: number; readonly notWorse: number; readonly needed: number };
  /** One line for people. */
  readonly message: string;
}

/** Why a sample is no measurement: it is silent, or it cannot be. */
export interface Refusal {
  readonly kind: 'noRequests' | 'invalid';
  readonly message: string;
}

export const refused = (kind: Refusal['kind'], message: string) => fail({ kind, message });

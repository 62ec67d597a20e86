import type { CanaryScale } from './steps/index.ts';

/** Pods that a revision needs to carry `weightPercent` of the traffic of `replicas` pods. */
export function podsFor(weightPercent: number, replicas: number, minPods: number): number {
  if (weightPercent <= 0 || replicas <= 0) return 0;
  return Math.min(Math.max(minPods, Math.ceil((replicas * weightPercent) / 100)), Math.max(minPods, replicas));
}

export interface CanaryWish {
  readonly scale: CanaryScale;
  /** The highest weight that the canary has, is getting, or may still have in a data plane that lags. */
  readonly weightPercent: number;
  readonly replicas: number;
  readonly minPods: number;
}

/**
 * The canary's pods: by its traffic, or as `setCanaryScale` says, never fewer than the least of a revision that has traffic. Whoever writes 1 pod for 10 % of a
 * big service means it; with all the traffic there is nothing left to fall back on but pods, so that 100 % has the full count whatever is written.
 */
export function canaryPods({ scale, weightPercent, replicas, minPods }: CanaryWish): number {
  if (replicas <= 0) return 0;
  const byTraffic = Math.max(minPods, podsFor(weightPercent, replicas, minPods));
  const least = weightPercent >= 100 ? byTraffic : weightPercent > 0 ? minPods : 0;
  switch (scale.kind) {
    case 'traffic':
      return byTraffic;
    case 'weight':
      return Math.max(least, podsFor(scale.weight, replicas, minPods));
    case 'replicas':
      return Math.max(least, scale.replicas);
  }
}

import type { Regression } from './index.ts';

/** Plans that break a law today. Whoever mends one moves it to the regressions: its test here fails from then on. */
export const open: readonly Regression[] = [
  {
    text: 'an adapter that is slow comes with an old weight after the cut was confirmed by metrics; its pods wait for its object to agree, and not for the proxies to follow that (I6)',
    plan: {
      ...{ workload: 'mesh-istio', seed: 39, restMs: 60_000 },
      faults: [
        { fault: 'adapter-slow', at: { atMs: 30_000 }, with: { forMs: 200_000, mostMs: 90_000 } },
        { fault: 'recreated', at: { atMs: 50_000 } },
      ],
    },
  },
  {
    text: 'the player takes a Rollout for settled while a pod that an autoscaler asked for is still starting (L1): the player is wrong, not the product',
    plan: {
      ...{ workload: 'held-back', seed: 11, restMs: 60_000 },
      faults: [
        { fault: 'unknown-late', at: { effect: 56 }, with: { delayMs: 22_192 } },
        { fault: 'clock-back', at: { atMs: 9_015 }, with: { byMs: -30_000, forMs: 199_535, whose: 'all' } },
        { fault: 'hpa-scales', at: { atMs: 130_024 }, with: { forMs: 118_061, replicas: 1 } },
        { fault: 'clock-back', at: { atMs: 55_897 }, with: { byMs: -30_000, forMs: 111_259, whose: 'leader' } },
        { fault: 'api-503', at: { effect: 30 }, with: { to: 'process', times: 15, forMs: 17_139 } },
      ],
    },
  },
];

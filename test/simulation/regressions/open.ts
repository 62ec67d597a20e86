import type { Regression } from './index.ts';

/** Plans that break a law today. Whoever mends one moves it to the regressions: its test here fails from then on. */
export const open: readonly Regression[] = [
  {
    text:
      'the last news of a Deployment is left out of a watch: each write to it is refused until the next list, half an hour later, and a good release is rolled back for want of progress (L1). ' +
      'What a refused write was about would have to be read by itself',
    plan: { ...{ workload: 'mesh-strict', seed: 875, restMs: 60_000 }, faults: [{ fault: 'event-dropped', at: { event: 131 } }] },
  },
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
    text:
      'the last news of a Deployment is left out of a watch: each write to it is refused until the next list, half an hour later, and a good release is rolled back for want of progress (L1). ' +
      'What a refused write was about would have to be read by itself',
    plan: { ...{ workload: 'mesh-strict', seed: 875, restMs: 60_000 }, faults: [{ fault: 'event-dropped', at: { event: 131 } }] },
  },
];

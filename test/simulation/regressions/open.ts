import type { Regression } from './index.ts';

/** Plans that break a law today. Whoever mends one moves it to the regressions: its test here fails from then on. */
export const open: readonly Regression[] = [
  {
    text: 'a Rollout is deleted while the adapter of the mesh is down for longer than maxLag: the Service of the revision goes while the data plane still sends everything to it (I6)',
    plan: {
      ...{ workload: 'mended', seed: 14, restMs: 60_000 },
      faults: [
        { fault: 'adapter-down', at: { effect: 29 }, with: { forMs: 120_000 } },
        { fault: 'recreated', at: { atMs: 60_000 } },
      ],
    },
  },
  {
    text: 'somebody writes the weights of the split while its Rollout is being deleted: the Service of the revision goes while the data plane sends to it (I0)',
    plan: { workload: 'deletion-at-rest', seed: 20, faults: [{ fault: 'gitops-weights', at: { atMs: 38_000 } }], restMs: 60_000 },
  },
  {
    text: 'every clock jumps an hour ahead while the proxies hear of no endpoints: a delay by wall time is over at once, and pods go with traffic on them (I0)',
    plan: {
      ...{ workload: 'reverted', seed: 18, replicas: 1, restMs: 60_000 },
      faults: [
        { fault: 'clock-jump', at: { atMs: 49_981 }, with: { byMs: 3_600_000, forMs: 60_948, whose: 'all' } },
        { fault: 'mesh-endpoints-held', at: { effect: 46 }, with: { forMs: 97_684, whose: 'all' } },
        { fault: 'gitops-workload', at: { atMs: 70_293 }, with: { forMs: 79_580, everyMs: 44_108 } },
        { fault: 'recreated', at: { atMs: 30_482 } },
        { fault: 'front-lags', at: { atMs: 22_028 }, with: { forMs: 12_936, behind: 6, whose: 'all' } },
        { fault: 'replicas-skewed', at: { atMs: 0 }, with: { firstMs: 333_485, secondMs: 533_646 } },
        { fault: 'crash-after', at: { effect: 53 }, with: { back: 'other', backAfterMs: 10_281 } },
        { fault: 'poison-rollout', at: { effect: 41 }, with: { forMs: 129_626, what: 'schedule' } },
        { fault: 'recreated', at: { effect: 30 } },
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

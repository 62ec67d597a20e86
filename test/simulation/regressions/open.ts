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
];

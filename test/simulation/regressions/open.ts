import type { Regression } from './index.ts';

/** Plans that break a law today. Whoever mends one moves it to the regressions: its test here fails from then on. */
export const open: readonly Regression[] = [
  {
    text:
      'the last news of a Deployment is left out of a watch: each write to it is refused until the next list, half an hour later, and a good release is rolled back for want of progress (L1). ' +
      'What a refused write was about would have to be read by itself',
    plan: { ...{ workload: 'mesh-strict', seed: 875, restMs: 60_000 }, faults: [{ fault: 'event-dropped', at: { event: 131 } }] },
  },
];

import type { Regression } from './index.ts';

/** Plans that break a law today. Whoever mends one moves it to the regressions: its test here fails from then on. */
export const open: readonly Regression[] = [
  {
    text:
      'the last news of a canary’s Deployment is left out of a watch: it counts as not ready until the next list, half an hour later, and a good release is rolled back for want of progress (L1). ' +
      'No write to it is refused before that, so that reading what was refused would come too late: it would have to be read by itself before the deadline takes it back',
    plan: { ...{ workload: 'mesh-strict', seed: 875, restMs: 60_000 }, faults: [{ fault: 'event-dropped', at: { event: 131 } }] },
  },
];

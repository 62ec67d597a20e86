import type { Regression } from './index.ts';

/** Plans that break a law today. Whoever mends one moves it to the regressions: its test here fails from then on. */
export const open: readonly Regression[] = [
  {
    text:
      'the last news of what a canary waits for is left out of a watch: nothing is written, so nothing is refused and read anew; the next list is half an hour later, and a good release is rolled back for want of progress (L1). ' +
      'Before a release is given up what it waits for would have to be read by itself',
    plan: { ...{ workload: 'mesh-strict', seed: 875, restMs: 60_000 }, faults: [{ fault: 'event-dropped', at: { event: 131 } }] },
  },
  {
    text: 'the same of the adapter’s object: it followed, the news of it is left out, and a good release is rolled back after its deadline (L1); of Istio’s VirtualService, too',
    plan: { ...{ workload: 'config', seed: 1, restMs: 60_000, replicas: 1 }, faults: [{ fault: 'event-dropped', at: { event: 82 } }] },
  },
  {
    text: 'in a deletion the last news of the adapter’s object is left out: the split is made once more for an adapter that had heard (L9)',
    plan: { ...{ workload: 'deletion', seed: 1, restMs: 60_000, replicas: 1 }, faults: [{ fault: 'event-dropped', at: { event: 128 } }] },
  },
  {
    text: 'pods that are ready are waited for since the last news of them is left out, past the progress deadline and without a word (L4)',
    plan: { ...{ workload: 'autoscaled', seed: 1, restMs: 60_000, replicas: 1 }, faults: [{ fault: 'event-dropped', at: { event: 126 } }] },
  },
  {
    text:
      'a version that each of its pods crashes of after 40 requests is released while somebody asks for 87 of them, which hardly get any, and fails with two of them (L1): no controller could know. ' +
      'The workload would have to crash by what it serves in all',
    plan: {
      ...{ workload: 'crash-loop', seed: 54, restMs: 60_000 },
      faults: [
        { fault: 'spec-edit', at: { atMs: 110_626 }, with: { spec: '{"replicas":87}' } },
        { fault: 'split-edited', at: { atMs: 65_762 }, with: { forMs: 98_769, weight: 27, times: 5 } },
      ],
    },
  },
  {
    text: 'with `minPodsPerRevision` above `replicas` a canary has the former, and as stable the latter, from its promotion on; I6 goes by the former for both, and fields.md can be read either way',
    plan: {
      ...{ workload: 'controller-update', seed: 210, restMs: 60_000 },
      faults: [{ fault: 'spec-edit', at: { atMs: 19_157 }, with: { spec: '{"strategy":{"canary":{"minPodsPerRevision":39}}}' } }],
    },
  },
];

import type { Regression } from './index.ts';

/** Plans that break a law today. Whoever mends one moves it to the regressions: its test here fails from then on. */
export const open: readonly Regression[] = [
  {
    text:
      'a version that each of its pods crashes of after 40 requests is released while somebody asks for 87 of them, which hardly get any, and fails with two of them (L1): no controller could know. ' +
      'The workload would have to crash by what it serves in all',
    plan: {
      ...{ workload: 'crash-loop', seed: 57, restMs: 60_000 },
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

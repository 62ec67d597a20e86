// The judge of every cluster scenario, judged: each thing that must hold is broken once, and seen.
import { describe, expect, test } from 'vitest';
import type { KubeObject } from './cluster/kit/client.ts';
import { type Histories, type Split, violations } from './cluster/kit/invariants.ts';
import type { Version } from './cluster/kit/recorder.ts';
import type { RolloutStatus } from './cluster/support/rollouts.ts';

type At<T> = readonly [resourceVersion: number, value: T];
type Weights = Readonly<Record<string, unknown>>;

const meta = (name: string, at: number) => ({ name, uid: `uid-of-${name}`, resourceVersion: String(at) });

function recorded<T, Object extends KubeObject>(entries: readonly At<T>[], make: (value: T, at: number) => Object, gapAt?: number) {
  const all = entries.map(([at, value], index): Version<Object> => {
    const change = index === 0 ? 'added' : 'modified';
    return { at, change, object: make(value, at), resourceVersion: BigInt(at), isAfterGap: at === gapAt };
  });
  return { versions: () => all };
}

interface Story {
  readonly status?: readonly At<RolloutStatus>[];
  readonly split?: readonly At<Weights>[];
  readonly verdicts?: readonly At<{ readonly phase: string; readonly attempt?: number }>[];
  /** The watch of the Rollouts broke before this version. */
  readonly gapAt?: number;
}

function histories({ status = [], split = [], verdicts = [], gapAt }: Story): Histories {
  return {
    rollouts: recorded(status, (value, at) => ({ metadata: meta('web', at), spec: {}, status: value }), gapAt),
    splits: recorded(split, (weights, at): Split => {
      const backends = Object.entries(weights).map(([revision, weight]) => ({ service: `web-${revision}`, weight: weight as number }));
      const metadata = { ...meta('split', at), annotations: { 'sluice.dev/rollout-uid': 'uid-of-web' } };
      return { metadata, spec: { service: 'web', backends } };
    }),
    runs: recorded(verdicts, ({ phase, attempt = 1 }, at) => ({
      metadata: meta(`run-${attempt}`, at),
      spec: { rollout: { uid: 'uid-of-web', revision: 'new', attempt } },
      status: { phase },
    })),
  };
}

const stable: RolloutStatus = { stableRevision: 'old', weight: { desired: 0 } };
const at = (desired: number, more: RolloutStatus = {}): RolloutStatus => ({
  ...stable,
  canaryRevision: 'new',
  weight: { desired },
  ...more,
});
const abort = { reason: 'AnalysisFailed', message: '', at: '' };
const good: Story = {
  status: [
    [1, stable],
    [3, at(20)],
    [6, at(0, { abort })],
    [8, at(20, { attempt: 2 })],
  ],
  split: [
    [2, { old: 100 }],
    [4, { new: 20, old: 80 }],
    [7, { new: 0, old: 100 }],
    [9, { new: 20, old: 80 }],
  ],
  verdicts: [[5, { phase: 'Failed' }]],
};

describe('the invariants', () => {
  test('hold in a release that was rolled back, and tried again', () => expect(violations(histories(good), [])).toEqual([]));

  test.each<[string, Story, string]>([
    ['a fraction', { status: [[1, stable]], split: [[2, { old: 99.5, new: 0.5 }]] }, 'weights are not whole'],
    ['a quantity', { status: [[1, stable]], split: [[2, { old: '100' }]] }, 'weights are not whole'],
    ['another sum', { status: [[1, at(20)]], split: [[2, { new: 20, old: 79 }]] }, 'weights sum to 99'],
    ['all zero', { status: [[1, stable]], split: [[2, { old: 0, new: 0 }]] }, 'weights sum to 0'],
    [
      'the split before status',
      {
        status: [
          [1, stable],
          [3, at(20)],
        ],
        split: [[2, { new: 20, old: 80 }]],
      },
      'the split gives web-new 20, and the status stored before it asks for 0',
    ],
    [
      'a weight of an older status',
      {
        status: [
          [1, at(20)],
          [2, at(0)],
        ],
        split: [[3, { new: 20, old: 80 }]],
      },
      'asks for 0',
    ],
    [
      'a rise after an abort',
      { status: [[1, at(20, { abort })]], split: [[2, { new: 20, old: 80 }]] },
      'web-new rises from 0 to 20 after an abort',
    ],
    [
      'a rise after a failed verdict',
      {
        status: [
          [1, at(20)],
          [4, at(50)],
        ],
        split: [
          [2, { new: 20, old: 80 }],
          [5, { new: 50, old: 50 }],
        ],
        verdicts: [[3, { phase: 'Failed' }]],
      },
      'web-new rises from 20 to 50 after a failed verdict',
    ],
    [
      'a rise of the record alone',
      {
        status: [
          [1, at(20)],
          [4, at(50)],
        ],
        verdicts: [[3, { phase: 'Error' }]],
      },
      'status raises web from 20 to 50 after a failed verdict',
    ],
    ['a weight that is kept after an abort', { status: [[1, at(20, { abort })]] }, 'status asks for 20 for web after an abort'],
  ])('name %s', (_, story, fault) => {
    expect(violations(histories(story), [])).toContainEqual(expect.stringContaining(fault));
  });

  test('name lost requests, but for those that the scenario lost itself', () => {
    const lost = [10, 20].map((sentAt) => ({ at: sentAt, latencyMs: 1, status: 503 }));
    expect(violations(histories(good), lost, { lostBetween: [5, 15] })).toEqual([
      '1 requests were lost: [{"at":20,"latencyMs":1,"status":503}]',
    ]);
  });

  test('let a scenario’s own edit pass, and judge what is made of it', () => {
    const edited: Story = {
      status: [[1, at(20)]],
      split: [
        [2, { new: 20, old: 80 }],
        [3, { new: 90, old: 9 }],
        [4, { new: 30, old: 70 }],
      ],
    };
    expect(violations(histories(edited), [], { edits: ['3'] })).toEqual([
      'the split gives web-new 30, and the status stored before it asks for 20',
      'the split gives web-old 70, and the status stored before it asks for 80',
    ]);
  });

  test('say nothing of the order where versions of the Rollout may have been missed', () => {
    const story: Story = {
      status: [
        [1, stable],
        [4, at(20)],
      ],
      split: [[3, { new: 20, old: 80 }]],
      gapAt: 4,
    };
    expect(violations(histories(story), [])).toEqual([]);
  });
});

import {
  at,
  aWorld,
  canaryRevision,
  minutes,
  nextRevision,
  passedAt,
  splitWith,
  stableRevision,
  t0,
  type WorldBuilder,
} from '../support/worlds.ts';

/** Telling situations, in the order of their file numbers. Append; never renumber. */

const analysis = { templates: [{ name: 'success-rate' }] };
const abort = { reason: 'AnalysisFailed', message: 'too many errors', at: at(-5000) };
const stamp = splitWith({ [canaryRevision]: 10, [stableRevision]: 90 }).stamp;
const adopting = aWorld().neverSeen({ hasFinalizer: true });

const gated = aWorld()
  .withSteps({ setWeight: 10 }, { gate: { name: 'qa', minApprovals: 2, message: 'Did QA sign off?' } }, { setWeight: 50 })
  .atStep(1)
  .withWeight(10);
const asking = gated.withStatus({
  phase: 'Paused',
  gates: [
    {
      ...{ name: 'qa', id: 'id-of-qa', state: 'Open', openedAt: at(-minutes(1)), needs: 2 },
      approvals: [{ subject: 'alice', at: at(-1), channel: 'slack', decision: 'web-1' }],
    },
  ],
});

export const situations: readonly (readonly [name: string, world: WorldBuilder])[] = [
  ['never-seen', aWorld().neverSeen()],
  ['adoption-begins', adopting],
  [
    'adoption-pods-are-ready',
    adopting
      .withStatus({ phase: 'Initializing', stableRevision, weight: { desired: 0 }, stage: { name: 'Starting', since: at(-1000) } })
      .withStable({}),
  ],
  ['at-rest', aWorld()],
  ['new-template', aWorld().withTarget(canaryRevision)],
  ['first-raise', aWorld().atStep(0)],
  ['raise-waits-for-pods', aWorld().atStep(2).withWeight(10).withCanary({ replicas: 2, ready: 1 })],
  [
    'raise-waits-for-evidence',
    aWorld()
      .withCanarySpec({ analysis })
      .atStep(2)
      .withWeight(10)
      .withRuns({ evidence: [passedAt(-21_000)] }),
  ],
  ['open-pause', aWorld().atStep(3).withWeight(50)],
  ['analysis-fails', aWorld().atStep(3).withWeight(50).withRuns({ phase: 'Failed', message: 'too many errors' })],
  [
    'cut-before-its-raise-was-confirmed',
    aWorld()
      .atStep(2)
      .withWeight(50, { isConfirmed: false, written: 10, writtenAtMs: t0 - 1000 })
      .withRuns({ phase: 'Failed' }),
  ],
  ['abort-is-confirmed', aWorld().atStep(2, { phase: 'Aborting', abort }).withWeight(0)],
  [
    'edited-after-a-rollback',
    aWorld()
      .atStep(2, { phase: 'RolledBack', abort })
      .withSplit(splitWith({ [canaryRevision]: 40, [stableRevision]: 60 }, { stamp: splitWith({ [stableRevision]: 100 }).stamp })),
  ],
  ['canary-without-pods', aWorld().atStep(3).withWeight(50).withCanary({ replicas: 2, ready: 0 })],
  ['overtaken', aWorld().atStep(3).withWeight(50).withTarget(nextRevision)],
  ['overtaken-and-out', aWorld().atStep(3).withWeight(0).withTarget(nextRevision)],
  ['reverted', aWorld().atStep(3).withWeight(0).withTarget(stableRevision)],
  ['promotion', aWorld().atStep(4).withWeight(100)],
  [
    'bake',
    aWorld()
      .withCanarySpec({ afterPromotion: { duration: '1m', analysis } })
      .atStep(4)
      .withWeight(100),
  ],
  [
    'split-is-edited',
    aWorld()
      .atStep(1)
      .withWeight(10)
      .withSplit(splitWith({ [canaryRevision]: 70, [stableRevision]: 30 }, { stamp, lastManager: 'argocd' })),
  ],
  [
    'weight-is-not-applied',
    aWorld()
      .atStep(1)
      .withWeight(10, { isConfirmed: false, written: 0, writtenAtMs: t0 - 61_000 })
      .withTraffic({ adapter: { kind: 'contradicts', object: 'profile', message: 'it says 0' } }),
  ],
  ['deletion-in-mid-run', aWorld().atStep(3).withWeight(50).deleting()],
  [
    'deletion-during-adoption',
    adopting
      .withStatus({ phase: 'Initializing', stableRevision, weight: { desired: 0 }, stage: { name: 'Starting', since: at(0) } })
      .withStable({ ready: 0 })
      .deleting('Restoring'),
  ],
  [
    'old-pods-wait-for-the-selector',
    aWorld()
      .withRevision(canaryRevision)
      .withRootService({ selector: { 'sluice.dev/revision': canaryRevision } })
      .withStatus({ warm: [{ revision: canaryRevision, until: at(-1) }] }),
  ],
  ['gate-opens', gated],
  [
    'gate-is-approved-by-the-last-of-two',
    asking.withDecisions({ action: 'Approve', gate: 'qa', subject: 'bob' }, { name: 'stale', action: 'Approve', gate: 'qa', attempt: 2 }),
  ],
  [
    'gate-is-rejected-and-approved-at-once',
    asking.withDecisions({ action: 'Approve', gate: 'qa', subject: 'bob' }, { action: 'Reject', gate: 'qa', subject: 'carol' }),
  ],
  [
    'undone-while-warm',
    aWorld()
      .withTarget(canaryRevision)
      .withCanary({ replicas: 4 })
      .withStatus({ stableRevision: canaryRevision, previous: stableRevision, warm: [{ revision: stableRevision, until: at(minutes(4)) }] })
      .withRootService({ selector: { app: 'web', 'sluice.dev/revision': canaryRevision } })
      .withSplit(splitWith({ [canaryRevision]: 100 }))
      .withDecisions({ action: 'Undo', revision: canaryRevision, reason: 'slow' }),
  ],
];

import { describe, expect, test } from 'vitest';
import { at, canaryRevision, minutes, seconds, stableRevision, t0, WorldBuilder } from '../../test/support/worlds.ts';
import { rolloutViewSchema } from '../server/schemas/view.ts';
import type { AnalysisRun } from './analysis/index.ts';
import { analysisRunSpecSchema, analysisRunStatusSchema } from './analysis/index.ts';
import type { Decision } from './decision.ts';
import { decisionSpecSchema } from './decision.ts';
import type { RolloutView } from './view.ts';
import { viewOf } from './view.ts';

const pods = (revision: string, ready: number, wanted: number, createdAt = at(0)) => ({
  revision,
  createdAt,
  readyPods: ready,
  wantedPods: wanted,
  images: [`web:${revision}`],
});

const facts = [pods(stableRevision, 4, 4, at(-minutes(60))), pods(canaryRevision, 1, 2)];

const run = (name: string, attempt: number): AnalysisRun => ({
  ...{ namespace: 'shop', name, uid: name, resourceVersion: '1', generation: 1, isDeleting: false },
  spec: analysisRunSpecSchema.parse({
    metrics: [{ name: 'm', thresholdRange: { min: 1 }, provider: { web: { url: 'https://example.com', jsonPath: '$.x' } } }],
    rollout: { name: 'web', uid: 'uid-rollout', kind: 'Background', revision: canaryRevision, attempt },
  }),
  status: analysisRunStatusSchema.parse({
    phase: 'Running',
    startedAt: at(0),
    metricResults: [
      {
        name: 'm',
        phase: 'Running',
        successful: 1,
        measurements: [{ result: 'Pass', value: '0.99', startedAt: at(seconds(1)), finishedAt: at(seconds(2)) }],
      },
    ],
  }),
});

const decision = (name: string, createdAt: string, rolloutUid = 'uid-rollout'): Decision => ({
  ...{ namespace: 'shop', name, uid: name, resourceVersion: '1', createdAt, isDeleting: false },
  spec: decisionSpecSchema.parse({
    rollout: { name: 'web', uid: rolloutUid },
    revision: canaryRevision,
    attempt: 1,
    action: 'Resume',
    subject: 'alice',
  }),
  status: {},
});

function view(builder: WorldBuilder, over: Partial<Parameters<typeof viewOf>[0]> = {}): RolloutView {
  const shown = viewOf({ rollout: builder.world.rollout, revisions: facts, runs: [], decisions: [], nowMs: t0, ...over });
  // Whatever it shows is what the API promises.
  expect(rolloutViewSchema.parse(JSON.parse(JSON.stringify(shown)))).toEqual(shown);
  return shown;
}

const aWorld = () => new WorldBuilder();
const gate = { name: 'qa', id: 'qa-1', state: 'Open', openedAt: at(0), needs: 2 } as const;
const approval = { subject: 'alice', at: at(1), channel: 'cli', decision: 'web-1' };

describe('what is shown of a Rollout', () => {
  test('in mid-run: where it stands, what is done and what is to come, and who has which traffic', () => {
    const shown = view(aWorld().atStep(1, { weight: { desired: 10 }, message: 'step 2/4' }));
    expect(shown).toMatchObject({ namespace: 'shop', name: 'web', phase: 'Progressing', message: 'step 2/4', canaryRevision, attempt: 1 });
    expect(shown.steps).toEqual([
      { kind: 'setWeight', text: '10 % of the traffic', state: 'done' },
      { kind: 'pause', text: 'for 5m', state: 'current' },
      { kind: 'setWeight', text: '50 % of the traffic', state: 'waiting' },
      { kind: 'pause', text: 'until somebody resumes', state: 'waiting' },
    ]);
    expect(shown.revisions.map(({ role, weight, pods: { ready, wanted } }) => [role, weight, ready, wanted])).toEqual([
      ['Canary', 10, 1, 2],
      ['Stable', 90, 4, 4],
    ]);
    expect(shown.revisions[0]?.images).toEqual([`web:${canaryRevision}`]);
    expect(shown.weight).toMatchObject({ desired: 10, confirmedBy: 'Elapsed' });
  });

  test('at rest all traffic is with stable, and every step is still to come', () => {
    const shown = view(aWorld(), { revisions: [pods(stableRevision, 4, 4)] });
    expect(shown.steps.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    expect(shown.revisions.map(({ role, weight }) => [role, weight])).toEqual([['Stable', 100]]);
    expect(shown.actions).toEqual(['Restart']);
  });

  test('an old revision is warm until its moment', () => {
    const builder = aWorld().withStatus({ warm: [{ revision: 'old', until: at(1000) }] });
    const old = { revisions: [pods('old', 1, 1)] };
    expect(view(builder, old).revisions[0]?.role).toBe('Warm');
    expect(view(builder, old).actions).toEqual(['Undo', 'Restart']);
    expect(view(builder, { ...old, nowMs: t0 + 1000 }).revisions[0]?.role).toBe('Old');
  });

  test('a gate has what a button needs, and counts persons, not approvals', () => {
    const builder = aWorld().atStep(1, { gates: [{ ...gate, approvals: [approval, { ...approval, decision: 'web-2' }] }] });
    const [shown] = view(builder).gates;
    expect(shown).toMatchObject({ name: 'qa', id: 'qa-1', needs: 2, missing: 1, revision: canaryRevision, attempt: 1 });
  });

  test('the runs of this attempt, with what was measured', () => {
    const shown = view(aWorld().atStep(1, { attempt: 2 }), { runs: [run('web-1-bg', 1), run('web-2-bg', 2)] });
    expect(shown.analysis.map(({ name, kind }) => [name, kind])).toEqual([['web-2-bg', 'Background']]);
    expect(shown.analysis[0]?.metrics[0]).toMatchObject({ name: 'm', isDryRun: false, successful: 1 });
    expect(shown.analysis[0]?.metrics[0]?.measurements).toEqual([{ result: 'Pass', value: '0.99', at: at(seconds(2)) }]);
  });

  test('decisions on it, the newest first; not those on another of its name', () => {
    const decisions = [decision('a', at(0)), decision('b', at(1000)), decision('c', at(2000), 'another')];
    expect(view(aWorld(), { decisions }).decisions.map(({ name }) => name)).toEqual(['b', 'a']);
  });

  test('the reason is what stands out: Stalled before Reconciling before Ready', () => {
    const condition = (type: string, status: 'True' | 'False', reason: string) => ({
      ...{ type, status, reason, message: '', lastTransitionTime: at(0) },
    });
    const ready = condition('Ready', 'False', 'AwaitingDecision');
    expect(view(aWorld().withStatus({ conditions: [ready] })).reason).toBe('AwaitingDecision');
    expect(view(aWorld().withStatus({ conditions: [ready, condition('Stalled', 'True', 'Forbidden')] })).reason).toBe('Forbidden');
    expect(view(aWorld()).reason).toBe('Healthy');
  });

  test('two views of one state are equal, whatever time it is', () => {
    const builder = aWorld().atStep(1);
    expect(view(builder, { nowMs: t0 + minutes(9) })).toEqual(view(builder));
  });
});

describe('what can be done now', () => {
  test.each([
    ['a gate is open', aWorld().atStep(1, { gates: [{ ...gate, approvals: [] }] }), ['Approve', 'Reject', 'Skip', 'Promote', 'Abort']],
    ['an open pause', aWorld().atStep(3, { phase: 'Paused' }), ['Resume', 'Skip', 'Promote', 'Abort']],
    ['a step goes on by itself', aWorld().atStep(0), ['Skip', 'Promote', 'Abort']],
    ['the bake', aWorld().atStep(3, { phase: 'Baking' }), ['Abort']],
    ['a rollback under way', aWorld().atStep(1, { phase: 'Aborting' }), []],
    ['rolled back', aWorld().atStep(1, { phase: 'RolledBack' }), ['Retry', 'Restart']],
    ['never seen', aWorld().neverSeen(), []],
    [
      'a window forbids raises',
      aWorld()
        .atStep(0)
        .withSpec({ windows: [{ kind: 'Deny', schedule: '* * * * *', duration: '1h' }] }),
      ['Skip', 'Promote', 'Override', 'Abort'],
    ],
    [
      'another revision was stable before',
      aWorld().withStatus({ history: [{ revision: 'old', startedAt: at(0), finishedAt: at(1), outcome: 'Promoted' }] }),
      ['Undo', 'Restart'],
    ],
  ])('%s', (_title, builder, actions) => {
    expect(view(builder).actions).toEqual(actions);
  });
});

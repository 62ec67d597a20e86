import { describe, expect, test } from 'vitest';
import {
  at,
  aWorld,
  canaryRevision,
  conditionOf,
  type decisionWith,
  effectsOf,
  minutes,
  nextRevision,
  runWith,
  seconds,
  splitWith,
  stableRevision,
  t0,
  type WorldBuilder,
  writtenShares,
} from '../../../test/support/worlds.ts';
import type { Plan } from '../plan.ts';
import { plan } from '../planner.ts';

/** At the gate of 10 %, which opened a minute ago; two people have to approve. */
const steps = [
  { setWeight: 10 },
  { gate: { name: 'qa', minApprovals: 2, timeout: '24h', message: 'Did QA sign off?' } },
  { setWeight: 50 },
  { pause: {} },
];
const opened = {
  name: 'qa',
  id: 'id-of-qa',
  state: 'Open' as const,
  openedAt: at(-minutes(1)),
  expiresAt: at(minutes(60)),
  needs: 2,
  approvals: [],
};
const before = aWorld()
  .withSteps(...steps)
  .atStep(1)
  .withWeight(10);
const waiting = before.withStatus({ phase: 'Paused', gates: [opened] });
const run = (world: WorldBuilder): Plan => plan(world.build());
const statusAfter = (world: WorldBuilder) => {
  const next = run(world);
  return next.status ?? world.build().rollout.status;
};
const answersOf = (next: Plan) => effectsOf(next, 'answerDecision').map(({ name, state, message }) => ({ name, state, message }));
const answerTo = (world: WorldBuilder) => answersOf(run(world))[0];
const approval = (subject: string) => ({ name: `of-${subject}`, action: 'Approve' as const, gate: 'qa', subject });
const reject = { name: 'no', action: 'Reject' as const, gate: 'qa', subject: 'carol', reason: 'no sign-off' };
/** The next pass: what was planned is stored, and answered. */
const stored = (world: WorldBuilder) => world.recorded(run(world)).withDecisions();

describe('a gate', () => {
  test('opens when the release comes to it, and says what it asks', () => {
    const next = run(before);
    expect(next.status?.gates).toMatchObject([
      { name: 'qa', state: 'Open', openedAt: at(0), expiresAt: at(minutes(24 * 60)), needs: 2, approvals: [] },
    ]);
    expect(next.status).toMatchObject({ phase: 'Paused', step: { kind: 'gate' } });
    expect(conditionOf(next, 'Ready')).toMatchObject({ status: 'False', reason: 'AwaitingDecision' });
    expect(conditionOf(next, 'Reconciling')).toMatchObject({ status: 'True', reason: 'AwaitingDecision' });
    expect(next.status?.message).toContain('gate "qa" has 0 of 2 approvals: Did QA sign off?');
    expect(next.notices.map(({ reason }) => reason)).toEqual(['GateOpened']);
    expect(next.wakeAtMs).toBe(t0 + minutes(24 * 60));
  });
  test('has another id each time it opens', () => {
    const [first] = run(before).status?.gates ?? [];
    const [again] = run(before.withStatus({ attempt: 2 })).status?.gates ?? [];
    const [later] = run(before.after(5)).status?.gates ?? [];
    expect(new Set([first?.id, again?.id, later?.id]).size).toBe(3);
  });
  test('that waits writes nothing, for weeks, and the progress deadline does not run', () => {
    const still = before.withSteps({ setWeight: 10 }, { gate: { name: 'qa', minApprovals: 2 } });
    const open = stored(still.withCanary({ replicas: 1 })).after(minutes(60 * 24 * 21));
    const next = run(open);
    expect([next.status, next.effects, next.notices]).toEqual([undefined, [], []]);
    expect(open.build().rollout.status.waiting).toBeUndefined();
  });
  test('rolls back when its time is over', () => {
    const next = run(waiting.after(minutes(60)));
    expect(next.status).toMatchObject({ phase: 'Aborting', abort: { reason: 'GateExpired' }, gates: [{ state: 'Expired' }] });
    expect(next.status?.weight?.desired).toBe(0);
  });
  test('with onTimeout Wait goes on waiting, says so once, and can still be approved', () => {
    const patient = waiting.withSteps({ setWeight: 10 }, { gate: { name: 'qa', minApprovals: 1, timeout: '61m', onTimeout: 'Wait' } });
    const gates = [{ ...opened, needs: 1 }];
    const over = stored(patient.withStatus({ gates })).after(minutes(60));
    const next = run(over);
    expect(next.notices.map(({ reason }) => reason)).toEqual(['GateOverdue']);
    expect(next.status?.gates).toMatchObject([{ state: 'Open' }]);
    const later = over.recorded(next).after(minutes(5));
    expect(run(later).notices).toEqual([]);
    expect(statusAfter(later.withDecisions({ ...approval('alice'), createdAtMs: t0 + minutes(65) })).gates).toMatchObject([
      { state: 'Approved' },
    ]);
  });
  test('closes when the release is rolled back by a metric', () => {
    const next = run(waiting.withRuns({ phase: 'Failed', message: 'bad' }));
    expect(next.status).toMatchObject({ abort: { reason: 'AnalysisFailed' }, gates: [{ state: 'Expired' }] });
  });
});

describe('Approve', () => {
  test('counts one voice, and two of two people let the release go on', () => {
    const first = waiting.withDecisions(approval('alice'));
    expect(statusAfter(first).gates).toMatchObject([
      { state: 'Open', approvals: [{ subject: 'alice', channel: 'kubectl', decision: 'of-alice', at: at(0) }] },
    ]);
    expect(answerTo(first)).toMatchObject({ state: 'Accepted', message: 'gate "qa" has 1 of 2 approvals' });
    const second = stored(first).withDecisions(approval('bob'));
    const next = run(second);
    expect(next.status?.gates).toMatchObject([{ state: 'Approved', approvals: [{ subject: 'alice' }, { subject: 'bob' }] }]);
    expect(next.status).toMatchObject({ step: { index: 2 }, weight: { desired: 50 } });
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 50, [stableRevision]: 50 });
    expect(next.notices.map(({ reason }) => reason)).toEqual(['GateApproved', 'DecisionAccepted']);
  });
  test('of one person twice counts once, at once or one after the other', () => {
    const twice = waiting.withDecisions(approval('alice'), { ...approval('alice'), name: 'again' });
    expect(statusAfter(twice).gates).toMatchObject([{ state: 'Open', approvals: [{ decision: 'again' }] }]);
    expect(answersOf(run(twice)).map(({ state }) => state)).toEqual(['Accepted', 'Rejected']);
    const later = stored(waiting.withDecisions(approval('alice'))).withDecisions({ ...approval('alice'), name: 'again' });
    expect(answerTo(later)).toMatchObject({ state: 'Rejected', message: expect.stringContaining('counts once') as string });
    expect(run(later).status).toBeUndefined();
  });
  test.each<[string, Parameters<typeof decisionWith>[0], string, string]>([
    ['of another revision', { revision: nextRevision }, 'Rejected', 'it is about revision'],
    ['of another attempt', { attempt: 2 }, 'Rejected', `now it is ${canaryRevision}, attempt 1`],
    ['of another Rollout of this name', { rolloutUid: 'other' }, 'Rejected', 'another Rollout'],
    ['of a gate that there is not', { gate: 'legal' }, 'Rejected', 'there is no gate "legal"; its gates: qa'],
    ['from before the gate opened', { createdAtMs: t0 - minutes(2) }, 'Rejected', 'before gate "qa" opened'],
    ['from after it closed', { createdAtMs: t0 + minutes(61) }, 'Expired', 'gate "qa" closed'],
  ])('%s does not count, and says why', (_, over, state, words) => {
    const world = stored(waiting).withDecisions({ ...approval('alice'), ...over });
    expect(answerTo(world)).toMatchObject({ state, message: expect.stringContaining(words) as string });
    expect(run(world).status).toBeUndefined();
    expect(run(world).notices).toMatchObject([{ severity: 'Warning', reason: 'DecisionRefused' }]);
  });
  test('within the second in which the gate opened counts: the API server cuts its times to whole seconds', () => {
    const world = waiting
      .withStatus({ gates: [{ ...opened, openedAt: at(-100) }] })
      .withDecisions({ ...approval('alice'), createdAtMs: t0 - 1_000 });
    expect(answerTo(world)).toMatchObject({ state: 'Accepted' });
  });
  test('before the gate is open is answered then, and does not open it later', () => {
    const early = aWorld()
      .withSteps(...steps)
      .atStep(0)
      .withDecisions(approval('alice'));
    expect(answerTo(early)).toMatchObject({ state: 'Rejected', message: expect.stringContaining('is not open yet') as string });
    // Seen in the very pass that opens it: it was made before.
    const opening = before.withDecisions(approval('alice'));
    expect(answerTo(opening)).toMatchObject({ state: 'Rejected' });
    expect(statusAfter(opening).gates).toMatchObject([{ state: 'Open', approvals: [] }]);
  });
  test('that was made in time counts where nobody was there to see it', () => {
    const late = waiting.after(minutes(61)).withDecisions(approval('alice'), { ...approval('bob'), createdAtMs: t0 + seconds(1) });
    expect(statusAfter(late).gates).toMatchObject([{ state: 'Approved' }]);
  });
  test('of a gate that is approved, or behind, comes too late', () => {
    const done = waiting.withStatus({ gates: [{ ...opened, state: 'Approved' }] }).atStep(3);
    expect(answerTo(done.withDecisions(approval('dave')))).toMatchObject({ state: 'Superseded' });
  });
  test('of a release that is on its way out is superseded', () => {
    expect(answerTo(waiting.withTarget(nextRevision).withDecisions(approval('alice')))).toMatchObject({
      state: 'Superseded',
      message: expect.stringContaining('another template') as string,
    });
  });
});

describe('a stop', () => {
  test.each([
    ['Reject', reject, 'RejectedAtGate', 'rejected at gate "qa" by carol: no sign-off'],
    ['Abort', { name: 'stop', action: 'Abort' as const, subject: 'carol', reason: '' }, 'AbortedByDecision', 'aborted by carol'],
  ])('%s wins over approvals that were not consumed, in whatever order they came', (_, stop, reason, message) => {
    for (const order of [0, 2_000]) {
      const world = waiting.withDecisions(approval('alice'), approval('bob'), { ...stop, createdAtMs: t0 + order });
      const next = run(world);
      expect(next.status).toMatchObject({ phase: 'Aborting', abort: { reason, message }, weight: { desired: 0 } });
      expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
      expect(answersOf(next).map(({ state }) => state)).toEqual(['Accepted', 'Superseded', 'Superseded']);
      // The cut goes first, then people hear of it.
      expect(next.effects.slice(0, 2).map(({ kind }) => kind)).toEqual(['writeSplit', 'answerDecision']);
    }
  });
  test('Reject says on the gate that it was rejected', () =>
    expect(statusAfter(waiting.withDecisions(reject)).gates).toMatchObject([{ state: 'Rejected' }]));
  test('Reject of an approved gate comes too late', () => {
    const done = waiting.withStatus({ gates: [{ ...opened, state: 'Approved' }] }).withDecisions(reject);
    expect(answerTo(done)).toMatchObject({ state: 'Superseded' });
    expect(statusAfter(done).abort).toBeUndefined();
  });
  test('Abort ends a bake, and a pause, and what spec.paused holds', () => {
    const baking = aWorld()
      .withCanarySpec({ afterPromotion: { duration: '10m' } })
      .atStep(4)
      .withWeight(100)
      .withStatus({ phase: 'Baking' });
    for (const world of [baking, aWorld().atStep(3).withWeight(50), waiting.withSpec({ paused: true })])
      expect(statusAfter(world.withDecisions({ action: 'Abort' }))).toMatchObject({ phase: 'Aborting', weight: { desired: 0 } });
  });
  test('Abort without a release, of the first revision or of one that is rolled back already is refused', () => {
    expect(answerTo(aWorld().withDecisions({ action: 'Abort', revision: stableRevision }))).toMatchObject({ state: 'Rejected' });
    expect(answerTo(aWorld().neverSeen().withDecisions({ action: 'Abort' }))).toMatchObject({ state: 'Rejected' });
    const back = aWorld()
      .atStep(1)
      .withStatus({ phase: 'RolledBack', abort: { reason: 'AnalysisFailed', message: 'bad', at: at(0) } });
    expect(answerTo(back.withDecisions({ action: 'Abort' }))).toMatchObject({ state: 'Superseded' });
  });
});

describe('consumption', () => {
  test('is written with what it changes; the answer is repeated until it is written, and changes nothing again', () => {
    const world = waiting.withDecisions(approval('alice'));
    const first = run(world);
    expect(first.status?.followed).toEqual([{ uid: 'uid-of-alice', state: 'Accepted', message: 'gate "qa" has 1 of 2 approvals' }]);
    const crashed = world.recorded(first);
    const again = run(crashed);
    expect([again.status, again.notices]).toEqual([undefined, []]);
    expect(answersOf(again)).toEqual(answersOf(first));
  });
  test('is remembered for longer than sixteen others, as long as the answer is not written', () => {
    const entries = Array.from({ length: 30 }, (_, index) => ({ uid: `old-${index}`, state: 'Accepted' as const, message: '' }));
    const followed = [{ uid: 'uid-unanswered', state: 'Accepted' as const, message: 'done' }, ...entries];
    const world = waiting.withStatus({ followed }).withDecisions({ ...approval('alice'), name: 'unanswered' }, approval('bob'));
    expect(statusAfter(world).followed?.map(({ uid }) => uid)).toEqual(
      ['uid-unanswered', ...entries.slice(-15).map(({ uid }) => uid), 'uid-of-bob'].slice(0, 1).concat(
        entries.slice(-16).map(({ uid }) => uid),
        'uid-of-bob',
      ),
    );
    expect(answersOf(run(world))).toContainEqual({ name: 'unanswered', state: 'Accepted', message: 'done' });
  });
  test('of a thousand duplicates has one effect', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({ ...approval('alice'), name: `copy-${index}` }));
    let world = waiting.withDecisions(...many);
    let pending = world.build().decisions;
    const states: string[] = [];
    while (pending.length > 0) {
      const next = run(world);
      const answered = effectsOf(next, 'answerDecision');
      expect(answered.length).toBeGreaterThan(0);
      states.push(...answered.map(({ state }) => state));
      const uids = new Set(answered.map(({ uid }) => uid));
      pending = pending.filter(({ uid }) => !uids.has(uid));
      world = world.recorded(next).with({ decisions: pending });
    }
    expect([states.length, states.filter((state) => state === 'Accepted').length]).toEqual([1_000, 1]);
    expect(world.build().rollout.status.gates?.[0]?.approvals).toHaveLength(1);
  });
  test('waits where answers cannot be written, before status is full; a stop is heard all the same', () => {
    const crowd = Array.from({ length: 400 }, (_, index) => approval(`person-${index}`));
    const asks = waiting.withStatus({ gates: [{ ...opened, needs: 500 }] });
    let world = asks.withDecisions(...crowd);
    for (let pass = 0; pass < 8; pass += 1) world = world.recorded(run(world));
    expect(world.build().rollout.status.followed?.length).toBeLessThanOrEqual(150);
    const stopped = statusAfter(world.withDecisions(...crowd, { name: 'stop', action: 'Abort' }));
    expect(stopped).toMatchObject({ phase: 'Aborting' });
    expect(stopped.followed?.length).toBeLessThanOrEqual(200);
  });
  test('belongs to the Rollout; a namesake’s does not', () => {
    const owned = effectsOf(run(waiting.withDecisions(approval('alice'), { ...approval('bob'), rolloutUid: 'other' })), 'answerDecision');
    expect(owned.map(({ isToBeOwned }) => isToBeOwned)).toEqual([true, false]);
  });
});

describe('Resume', () => {
  const pausing = aWorld().atStep(3).withWeight(50);
  const timed = aWorld().atStep(1).withWeight(10);
  test('ends an open pause, and one that is timed', () => {
    expect(statusAfter(pausing.withDecisions({ action: 'Resume' }))).toMatchObject({ step: { index: 4 }, weight: { desired: 100 } });
    expect(statusAfter(timed.withDecisions({ action: 'Resume' }))).toMatchObject({ step: { index: 2 }, weight: { desired: 50 } });
  });
  test('of a pause that spec.paused holds, too, says that it still does', () => {
    const answer = answerTo(pausing.withSpec({ paused: true }).withDecisions({ action: 'Resume' }));
    expect(answer).toMatchObject({ state: 'Accepted', message: expect.stringContaining('spec.paused still holds') as string });
  });
  test('of a gate, or where nothing is paused, is refused', () => {
    expect(answerTo(waiting.withDecisions({ action: 'Resume' }))?.message).toContain('Approve or Reject');
    expect(answerTo(aWorld().atStep(0).withDecisions({ action: 'Resume' }))?.message).toContain('nothing is paused');
  });
  test('of a background analysis without a verdict has it measured anew', () => {
    const analysis = { templates: [{ name: 'success-rate' }] };
    const world = timed.withCanarySpec({ analysis }).withRuns({ phase: 'Inconclusive', message: 'who knows' });
    const resumed = stored(stored(world).withDecisions({ action: 'Resume' }));
    expect(resumed.build().rollout.status.run?.rounds).toMatchObject({ background: 2 });
  });
  test('of the analysis of a step without a verdict goes on', () => {
    const world = aWorld()
      .withSteps({ setWeight: 10 }, { analysis: { templates: [{ name: 'smoke' }] } }, { setWeight: 50 })
      .atStep(1)
      .withWeight(10)
      .withRuns({ kind: 'Step', step: 1, phase: 'Inconclusive', message: 'who knows' });
    expect(conditionOf(run(world), 'Ready')?.reason).toBe('AnalysisInconclusive');
    expect(statusAfter(world.withDecisions({ action: 'Resume' })).step?.index).toBe(2);
  });
});

describe('Skip and Promote', () => {
  test('Skip ends a gate, and nobody can approve it any more', () => {
    expect(statusAfter(waiting.withDecisions({ action: 'Skip' }))).toMatchObject({ step: { index: 2 }, gates: [{ state: 'Expired' }] });
  });
  test('Skip ends a pause and a weight that waits for pods', () => {
    expect(statusAfter(aWorld().atStep(3).withWeight(50).withDecisions({ action: 'Skip' })).step?.index).toBe(4);
    const short = aWorld().atStep(2).withWeight(10).withCanary({ replicas: 2, ready: 1 });
    expect(statusAfter(short.withDecisions({ action: 'Skip' }))).toMatchObject({ step: { index: 3 }, weight: { desired: 10 } });
  });
  test('Promote goes to 100 % past all steps that are left', () => {
    expect(statusAfter(waiting.withDecisions({ action: 'Promote' }))).toMatchObject({
      step: { index: 4, kind: 'promotion' },
      weight: { desired: 100 },
      gates: [{ state: 'Expired' }],
    });
  });
  test('Promote passes no guard by: windows, spec.paused, pods', () => {
    for (const held of [
      waiting.with({ window: { kind: 'closed', untilMs: t0 + minutes(5) } }),
      waiting.withSpec({ paused: true }),
      waiting.withCanary({ replicas: 4, ready: 1 }),
    ])
      expect(statusAfter(held.withDecisions({ action: 'Promote' }))).toMatchObject({ step: { index: 4 }, weight: { desired: 10 } });
  });
  test('after the last step there is nothing to skip', () => {
    for (const action of ['Skip', 'Promote'] as const)
      expect(answerTo(aWorld().atStep(4).withWeight(100).withDecisions({ action }))).toMatchObject({ state: 'Rejected' });
  });
});

describe('Override', () => {
  const closed = aWorld()
    .atStep(0)
    .with({ window: { kind: 'closed', untilMs: t0 + minutes(60) } });
  test('lets this attempt raise, and a person has to say why', () => {
    expect(conditionOf(run(closed), 'Ready')?.reason).toBe('AwaitingWindow');
    expect(answerTo(closed.withDecisions({ action: 'Override' }))).toMatchObject({ state: 'Rejected' });
    const next = statusAfter(closed.withDecisions({ action: 'Override', reason: 'hot fix' }));
    expect(next).toMatchObject({ weight: { desired: 10 }, run: { override: true } });
  });
  test('counts for this attempt only', () => {
    const back = closed.withStatus({
      phase: 'RolledBack',
      run: { startedAt: at(-minutes(9)), replicasFloor: 4, override: true },
      abort: { reason: 'AnalysisFailed', message: 'bad', at: at(-minutes(1)) },
    });
    expect(statusAfter(back.withDecisions({ action: 'Retry' })).run?.override).toBeUndefined();
  });
});

describe('Retry', () => {
  const back = aWorld()
    .atStep(1)
    .withStatus({ phase: 'RolledBack', abort: { reason: 'AnalysisFailed', message: 'bad', at: at(-minutes(1)) } });
  test('begins another attempt at the first step', () => {
    const next = run(back.withRuns({ phase: 'Failed' }).withDecisions({ action: 'Retry' }));
    expect(next.status).toMatchObject({ phase: 'Progressing', attempt: 2, canaryRevision, step: { index: 0 }, weight: { desired: 0 } });
    expect(next.status?.abort).toBeUndefined();
    expect(writtenShares(next)).toBeUndefined();
  });
  test('waits until the rollback is over', () => {
    const aborting = back.withStatus({ phase: 'Aborting' }).withWeight(0, { isConfirmed: false, written: 10 });
    expect(answerTo(aborting.withDecisions({ action: 'Retry' }))).toMatchObject({ state: 'Rejected' });
  });
  test('of a release under way, or of none, is refused', () => {
    expect(answerTo(waiting.withDecisions({ action: 'Retry' }))?.message).toContain('Abort it first');
    expect(answerTo(aWorld().withDecisions({ action: 'Retry', revision: stableRevision }))?.message).toContain(
      'no release was rolled back',
    );
  });
});

describe('Undo', () => {
  /** Promoted a minute ago: `canaryRevision` is stable, and the one before it still warm. */
  const promoted = aWorld()
    .withTarget(canaryRevision)
    .withCanary({ replicas: 4 })
    .withStatus({
      stableRevision: canaryRevision,
      previous: stableRevision,
      warm: [{ revision: stableRevision, until: at(minutes(4)) }],
      history: [{ revision: canaryRevision, startedAt: at(-minutes(9)), finishedAt: at(-minutes(1)), outcome: 'Promoted' }],
    })
    .withRootService({ selector: { app: 'web', 'sluice.dev/revision': canaryRevision } })
    .withSplit(splitWith({ [canaryRevision]: 100 }));
  const wish = { action: 'Undo' as const, revision: canaryRevision, reason: 'slow' };

  test('while the earlier revision is warm gives it all traffic at once, in a window as well', () => {
    const closed = promoted.with({ window: { kind: 'closed', untilMs: undefined } });
    const next = run(closed.withDecisions(wish));
    expect(next.status).toMatchObject({
      phase: 'Aborting',
      stableRevision,
      canaryRevision,
      abort: { reason: 'UndoneByDecision', message: 'undone by alice: slow' },
      weight: { desired: 0, written: 100 },
    });
    expect(writtenShares(next)).toEqual({ [canaryRevision]: 0, [stableRevision]: 100 });
    expect(effectsOf(next, 'writeSplit')).toMatchObject([{ isCut: true }]);
    expect(effectsOf(next, 'pinSelector')).toMatchObject([{ revision: stableRevision }]);
    expect(effectsOf(next, 'scaleDeployment')).toEqual([]);
    expect(next.notices.map(({ reason }) => reason)).toEqual(['UndoneByDecision', 'DecisionAccepted']);
  });
  test('stays undone while the template asks for the same; another template, or the old one, ends that', () => {
    const undone = stored(promoted.withDecisions(wish))
      .withSplit(splitWith({ [canaryRevision]: 0, [stableRevision]: 100 }, {}, t0))
      .withRootService({ selector: { app: 'web', 'sluice.dev/revision': stableRevision } })
      .after(seconds(15));
    const rest = undone.recorded(run(undone)).after(minutes(60));
    expect(rest.build().rollout.status).toMatchObject({ phase: 'RolledBack', stableRevision });
    expect(run(rest).status?.phase ?? 'RolledBack').toBe('RolledBack');
    expect(statusAfter(rest.withTarget(stableRevision))).toMatchObject({ phase: 'Healthy', stableRevision });
    expect(statusAfter(rest.withTarget(nextRevision))).toMatchObject({ phase: 'Progressing', canaryRevision: nextRevision });
    expect(statusAfter(rest.withDecisions({ action: 'Retry' }))).toMatchObject({ canaryRevision, attempt: 2, step: { index: 0 } });
  });
  test('of a revision without pods for all of it, or that is cold, is a canary of its own', () => {
    for (const cold of [promoted.withStable({ replicas: 4, ready: 3 }), promoted.withStatus({ warm: undefined })]) {
      const next = run(cold.withDecisions(wish));
      expect(next.status).toMatchObject({
        phase: 'Progressing',
        stableRevision: canaryRevision,
        canaryRevision: stableRevision,
        step: { index: 0 },
        run: { undoes: { revision: canaryRevision } },
      });
      expect(answersOf(next)).toMatchObject([{ state: 'Accepted' }]);
    }
  });
  test('by a canary of its own goes on while the template asks for the other, and ends as rolled back from it', () => {
    const begun = stored(promoted.withStatus({ warm: undefined }).withStable({ replicas: 4 }).withDecisions(wish)).after(seconds(20));
    expect(statusAfter(begun)).toMatchObject({ canaryRevision: stableRevision, weight: { desired: 10 } });
    const full = begun
      .withStatus({
        step: { index: 4, total: 4, label: '4/4', kind: 'promotion', startedAt: at(0) },
        weight: { desired: 100, written: 100, confirmedBy: 'Elapsed', confirmedAt: at(seconds(10)) },
      })
      .withSplit(splitWith({ [stableRevision]: 100, [canaryRevision]: 0 }));
    expect(statusAfter(full)).toMatchObject({
      phase: 'RolledBack',
      stableRevision,
      canaryRevision,
      abort: { reason: 'UndoneByDecision' },
    });
    expect(statusAfter(full).history?.at(-1)).toMatchObject({ revision: stableRevision, outcome: 'Promoted' });
    // Git caught up: nothing is left to be undone.
    const caughtUp = statusAfter(full.withTarget(stableRevision));
    expect(caughtUp).toMatchObject({ phase: 'Healthy', stableRevision });
    expect(caughtUp.canaryRevision).toBeUndefined();
    // And another template takes its place.
    expect(statusAfter(begun.withTarget(nextRevision))).toMatchObject({ canaryRevision: nextRevision, stableRevision: canaryRevision });
  });
  test('that fails is rolled back, and what served before goes on', () => {
    const begun = stored(promoted.withStatus({ warm: undefined }).withDecisions(wish)).after(seconds(20));
    const failed = stored(begun.withDecisions({ action: 'Abort', revision: stableRevision }));
    expect(statusAfter(failed)).toMatchObject({ phase: 'Healthy', stableRevision: canaryRevision });
    expect(statusAfter(failed).history?.at(-1)).toMatchObject({ revision: stableRevision, outcome: 'RolledBack' });
  });
  test('of a release under way aborts it', () => {
    expect(statusAfter(waiting.withDecisions({ action: 'Undo' }))).toMatchObject({
      phase: 'Aborting',
      abort: { reason: 'AbortedByDecision' },
    });
    expect(answerTo(waiting.withDecisions({ action: 'Undo', undoTo: nextRevision }))?.message).toContain('Abort it first');
  });
  test('by somebody with a long name and a long reason fits into status', () => {
    const long = { ...wish, subject: 'a'.repeat(1_024), reason: 'b'.repeat(2_048) };
    const undoes = statusAfter(promoted.withStatus({ warm: undefined }).withDecisions(long)).run?.undoes;
    expect(undoes?.message).toHaveLength(1_024);
  });
  test('to a revision that is not kept, that serves, or to none says what there is', () => {
    expect(answerTo(promoted.withDecisions({ ...wish, undoTo: 'ffffffffff' }))?.message).toContain(`there is ${stableRevision}`);
    expect(answerTo(promoted.withDecisions({ ...wish, undoTo: canaryRevision }))?.message).toContain('has all traffic already');
    expect(answerTo(aWorld().withDecisions({ ...wish, revision: stableRevision }))?.message).toContain('no earlier revision');
  });
  test('does not go back by itself to what was tried and rolled back', () => {
    const tried = aWorld()
      .withRevision(nextRevision, { replicas: 0 })
      .withStatus({ history: [{ revision: nextRevision, startedAt: at(0), finishedAt: at(0), outcome: 'RolledBack' }] })
      .withDecisions({ ...wish, revision: stableRevision });
    expect(answerTo(tried)).toMatchObject({ state: 'Rejected' });
    expect(statusAfter(tried.withDecisions({ ...wish, revision: stableRevision, undoTo: nextRevision }))).toMatchObject({
      canaryRevision: nextRevision,
    });
  });
  test('to a named revision after a rollback, which fails, leaves what was rolled back before rolled back', () => {
    const back = aWorld()
      .atStep(1)
      .withRevision(nextRevision, { replicas: 4 })
      .withStatus({ phase: 'RolledBack', attempt: 3, abort: { reason: 'AnalysisFailed', message: 'bad', at: at(-minutes(1)) } });
    const begun = stored(back.withDecisions({ ...wish, attempt: 3, undoTo: nextRevision })).after(seconds(20));
    expect(begun.build().rollout.status).toMatchObject({
      canaryRevision: nextRevision,
      run: { undoes: { revision: canaryRevision, attempt: 3 } },
    });
    const failed = stored(begun.withDecisions({ action: 'Abort', revision: nextRevision }));
    expect(statusAfter(failed)).toMatchObject({ phase: 'RolledBack', canaryRevision, attempt: 3, stableRevision });
  });
});

describe('Restart', () => {
  test('has the pods of what is live made anew, once', () => {
    const world = waiting.withCanary({ replicas: 1 }).withDecisions({ action: 'Restart' });
    const next = run(world);
    expect(effectsOf(next, 'restartDeployment').map(({ revision, at: moment }) => [revision, moment])).toEqual([
      [stableRevision, at(0)],
      [canaryRevision, at(0)],
    ]);
    const half = stored(world).withCanary({ replicas: 1 }, { deployment: { ...canaryDeployment(world), restartedAt: at(0) } });
    expect(effectsOf(run(half), 'restartDeployment').map(({ revision }) => revision)).toEqual([stableRevision]);
    const stable = half.build().revisions.find(({ revision }) => revision === stableRevision)?.deployment;
    const all = half.withStable({}, { deployment: stable === undefined ? undefined : { ...stable, restartedAt: at(0) } });
    expect(statusAfter(all).restart).toBeUndefined();
    expect(effectsOf(run(all), 'restartDeployment')).toEqual([]);
  });
  test('at rest, too', () => {
    const next = run(aWorld().withDecisions({ action: 'Restart', revision: stableRevision }));
    expect(effectsOf(next, 'restartDeployment')).toHaveLength(1);
    expect(next.status).toMatchObject({ phase: 'Healthy', stableRevision });
  });
});

function canaryDeployment(world: WorldBuilder) {
  const found = world.build().revisions.find(({ revision }) => revision === canaryRevision)?.deployment;
  if (found === undefined) throw new Error('no canary in this world');
  return found;
}

test('a Rollout that goes, or that has no first revision yet, is not decided on', () => {
  expect(answerTo(waiting.deleting().withDecisions(approval('alice')))?.message).toContain('is being deleted');
  expect(answerTo(aWorld().neverSeen().withDecisions(approval('alice')))?.message).toContain('first revision');
  expect(runWith({}).kind).toBe('Background');
});

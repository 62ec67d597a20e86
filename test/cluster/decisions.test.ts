// People decide: at gates, in pauses, against a release, and after it. Alice and Bob are users of the API server.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openBed } from './kit/bed.ts';
import { pathOf } from './kit/paths.ts';
import { waitFor } from './kit/wait.ts';
import { answered, decide, operators, type Wish } from './support/decisions.ts';
import { applyRbac } from './support/rbac.ts';
import { aRelease, type Release, type ReleaseOptions } from './support/release.ts';
import { isPromoted, isRolledBack, type RolloutStatus } from './support/rollouts.ts';

const bed = openBed(inject('bed'));
afterAll(() => bed.close());

beforeAll(async () => {
  await applyRbac(bed);
});

type Cleanup = NonNullable<ReleaseOptions['cleanup']>;

const gated = (gate: object = {}) => [{ setWeight: 20 }, { gate: { name: 'qa', message: 'Did QA sign off?', ...gate } }, { setWeight: 60 }];
const isAsking = ({ gates }: RolloutStatus) => gates?.some(({ state }) => state === 'Open') === true;
const gateOf = ({ gates = [] }: RolloutStatus) => gates.at(-1);

/** A release that people may decide on, once its canary has been made. */
async function begun(name: string, cleanup: Cleanup, options: Partial<ReleaseOptions>): Promise<{ release: Release; canary: string }> {
  const release = await aRelease(bed, name, { cleanup, ...options });
  await operators(bed, name);
  const canary = await release.change({ image: 'example/app:2' });
  return { release, canary };
}

/** Bindings take a moment to reach the authorizer. */
async function decideAs(release: Release, user: 'alice' | 'bob', action: string, wish: Wish = {}) {
  let made: Awaited<ReturnType<typeof decide>> | undefined;
  await waitFor(
    `${user} to be allowed`,
    async () => {
      made = await decide(bed, release, action, { ...wish, as: user }).catch((error: unknown) => {
        if (!String(error).includes('403')) throw error;
        return undefined;
      });
      return made !== undefined;
    },
    { deadlineMs: 30_000 },
  );
  if (made === undefined) throw new Error('not decided');
  return answered(bed, made);
}

describe.concurrent('a gate', () => {
  test('of two approvals opens for two people, not for one who says it twice', async ({ onTestFinished }) => {
    const { release, canary } = await begun('d-gate', onTestFinished, { steps: gated({ minApprovals: 2 }) });
    const asking = await release.until('at the gate', isAsking);
    expect(asking).toMatchObject({ phase: 'Paused', step: { kind: 'gate' } });
    expect(asking.conditions?.find(({ type }) => type === 'Reconciling')).toMatchObject({ status: 'True', reason: 'AwaitingDecision' });
    const stale = await decideAs(release, 'alice', 'Approve', { gate: 'qa', revision: release.stable });
    expect(stale).toMatchObject({ state: 'Rejected', message: expect.stringContaining('it is about revision') as string });
    expect(await decideAs(release, 'alice', 'Approve', { gate: 'qa', reason: 'looks good' })).toMatchObject({ state: 'Accepted' });
    expect(await decideAs(release, 'alice', 'Approve', { gate: 'qa' })).toMatchObject({ state: 'Rejected' });
    expect(gateOf((await release.get()).status ?? {})).toMatchObject({
      state: 'Open',
      approvals: [{ subject: 'alice', channel: 'kubectl' }],
    });
    const last = await decideAs(release, 'bob', 'Approve', { gate: 'qa' });
    expect(last).toMatchObject({ state: 'Accepted', owner: (await release.get()).metadata.uid });
    await release.until('promoted', isPromoted(canary));
    expect(release.weights(canary)).toEqual([0, 20, 60, 100]);
    await release.holds();
  });

  test('holds over restarts of the controller, and one who rejects ends the release', async ({ onTestFinished }) => {
    const { release, canary } = await begun('d-reject', onTestFinished, { steps: gated({ minApprovals: 2 }) });
    await release.until('at the gate', isAsking);
    await decideAs(release, 'alice', 'Approve', { gate: 'qa' });
    const before = gateOf((await release.get()).status ?? {});
    await release.controller.only.restart('SIGKILL');
    const { status } = await release.get();
    expect(gateOf(status ?? {})).toEqual(before);
    expect(await decideAs(release, 'bob', 'Reject', { gate: 'qa', reason: 'no sign-off' })).toMatchObject({ state: 'Accepted' });
    const back = await release.until('rolled back', isRolledBack);
    expect(back).toMatchObject({ abort: { reason: 'RejectedAtGate', message: 'rejected at gate "qa" by bob: no sign-off' } });
    expect(gateOf(back)?.state).toBe('Rejected');
    expect(release.weights(canary)).toEqual([0, 20, 0]);
    await release.serves(release.stable);
    await release.holds();
  });

  test('rejected and approved at once is rejected, or was open before: never both', async ({ onTestFinished }) => {
    const { release } = await begun('d-race', onTestFinished, { steps: [...gated(), { pause: {} }] });
    await release.until('at the gate', isAsking);
    const made = await Promise.all([
      ...Array.from({ length: 10 }, () => decide(bed, release, 'Approve', { gate: 'qa' })),
      decide(bed, release, 'Reject', { gate: 'qa' }),
    ]);
    const states = (await Promise.all(made.map((one) => answered(bed, one)))).map(({ state }) => state);
    const { status } = await release.get();
    const isApproved = gateOf(status ?? {})?.state === 'Approved';
    expect(states.at(-1)).toBe(isApproved ? 'Superseded' : 'Accepted');
    expect(states.slice(0, -1).filter((state) => state === 'Accepted').length).toBe(isApproved ? 1 : 0);
    expect(status?.abort?.reason).toBe(isApproved ? undefined : 'RejectedAtGate');
    await release.holds();
  });

  test('rolls back when its time is over', async ({ onTestFinished }) => {
    const { release } = await begun('d-late', onTestFinished, { steps: gated({ timeout: '5s' }) });
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort?.reason).toBe('GateExpired');
    expect(gateOf(back)?.state).toBe('Expired');
    await release.holds();
  });
});

test.skipIf(bed.info.ground === 'sandbox')('nobody speaks for another, or does what is not theirs to do', async ({ onTestFinished }) => {
  const { release } = await begun('d-policy', onTestFinished, { steps: gated() });
  await release.until('at the gate', isAsking);
  await decideAs(release, 'alice', 'Approve', { gate: 'qa', attempt: 9 });
  await waitFor('the policy to be at work', () =>
    decide(bed, release, 'Approve', { gate: 'qa', as: 'alice', subject: 'bob', attempt: 9 }).then(
      () => false,
      (error: unknown) => String(error).includes('spec.subject must be you: alice'),
    ),
  );
  const { metadata } = await release.get();
  await bed.admin.patch(`/apis/rbac.authorization.k8s.io/v1/namespaces/${metadata.namespace}/rolebindings/operators`, {
    subjects: [{ kind: 'User', name: 'bob', apiGroup: 'rbac.authorization.k8s.io' }],
  });
  await waitFor('alice to have lost her role', () =>
    decide(bed, release, 'Approve', { gate: 'qa', as: 'alice', attempt: 9 }).then(
      () => false,
      (error: unknown) => String(error).includes('403'),
    ),
  );
  expect(gateOf((await release.get()).status ?? {})).toMatchObject({ state: 'Open' });
  await release.holds();
});

describe.concurrent('against a release and for it', () => {
  const pausing = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }];
  const atPause = (index: number) => (status: RolloutStatus) => status.phase === 'Paused' && status.step?.index === index;

  test('Resume, then Abort, then Retry, Skip and Promote', async ({ onTestFinished }) => {
    const { release, canary } = await begun('d-steps', onTestFinished, { steps: pausing });
    await release.until('paused', atPause(1));
    expect(await decideAs(release, 'alice', 'Retry')).toMatchObject({ state: 'Rejected' });
    expect(await decideAs(release, 'alice', 'Resume')).toMatchObject({ state: 'Accepted' });
    await release.until('paused again', atPause(3));
    expect(await decideAs(release, 'bob', 'Abort', { reason: 'wrong build' })).toMatchObject({ state: 'Accepted' });
    const back = await release.until('rolled back', isRolledBack);
    expect(back.abort).toMatchObject({ reason: 'AbortedByDecision', message: 'aborted by bob: wrong build' });
    expect(await decideAs(release, 'bob', 'Retry')).toMatchObject({ state: 'Accepted' });
    const again = await release.until('at the pause', atPause(1));
    expect(again).toMatchObject({ canaryRevision: canary, attempt: 2 });
    expect(await decideAs(release, 'bob', 'Abort', { attempt: 1 })).toMatchObject({ state: 'Rejected' });
    expect(await decideAs(release, 'bob', 'Skip')).toMatchObject({ state: 'Accepted' });
    await release.until('at the next pause', atPause(3));
    expect(await decideAs(release, 'alice', 'Promote')).toMatchObject({ state: 'Accepted' });
    await release.until('promoted', isPromoted(canary));
    expect(release.weights(canary)).toEqual([0, 20, 60, 0, 20, 60, 100]);
    await release.serves(canary);
    await release.holds();
  });

  test('Override lets a release through a closed window, and Restart makes its pods anew', async ({ onTestFinished }) => {
    const windows = [{ kind: 'Deny', schedule: '* * * * *', duration: '2h' }];
    const { release, canary } = await begun('d-window', onTestFinished, { steps: [{ setWeight: 20 }], spec: { windows } });
    const held = await release.until('held', ({ conditions }) => conditions?.some(({ reason }) => reason === 'AwaitingWindow') === true);
    expect(held.weight?.desired).toBe(0);
    expect(await decideAs(release, 'alice', 'Override')).toMatchObject({ state: 'Rejected' });
    expect(await decideAs(release, 'alice', 'Override', { reason: 'hot fix' })).toMatchObject({ state: 'Accepted' });
    await release.until('promoted', isPromoted(canary));
    const podsOf = async () => {
      const { items } = await bed.admin.list(`${pathOf('pods', release.scenario.name)}?labelSelector=sluice.dev/revision%3D${canary}`);
      return items.map(({ metadata }) => metadata.uid ?? '');
    };
    const before = new Set(await podsOf());
    expect(await decideAs(release, 'alice', 'Restart')).toMatchObject({ state: 'Accepted' });
    await waitFor('new pods', async () => {
      const now = await podsOf();
      return now.length === before.size && now.every((uid) => !before.has(uid));
    });
    await release.until('at rest', isPromoted(canary));
    await release.holds();
  });
});

test('a decision is followed at once', async ({ onTestFinished }) => {
  const count = 15;
  const steps = [{ setWeight: 20 }, ...Array.from({ length: count + 1 }, () => ({ pause: {} }))];
  const { release } = await begun('d-speed', onTestFinished, { steps });
  await release.until('paused', ({ phase, step }) => phase === 'Paused' && step?.index === 1);
  const tookMs: number[] = [];
  for (let index = 1; index <= count; index += 1) {
    const { metadata } = await decide(bed, release, 'Resume');
    const from = Date.now();
    const arrival = () => release.rollouts.versions().find(({ object }) => (object.status?.step?.index ?? 0) > index)?.at;
    await waitFor('the next step', () => Promise.resolve(arrival() !== undefined), { everyMs: 5 });
    tookMs.push(Math.max(0, (arrival() ?? from) - from));
    expect(metadata.name).not.toBe('');
  }
  const middleMs = tookMs.toSorted((left, right) => left - right)[Math.floor(count / 2)];
  console.info(`[decisions] from the answer to the POST until the step is seen: ${tookMs.join(', ')} ms, p50 ${middleMs}`);
  // The figure is in the output; here only that nobody polls.
  expect(middleMs).toBeLessThanOrEqual(1_000);
  await release.holds();
});

describe.concurrent('Undo', () => {
  test('while the earlier revision is warm gives it all traffic at once, and it stays so until the template changes', async ({
    onTestFinished,
  }) => {
    const steps = [{ setWeight: 20 }];
    const { release, canary } = await begun('d-undo', onTestFinished, { steps, canary: { scaleDownDelay: '120s' } });
    await release.until('promoted', isPromoted(canary));
    await release.serves(canary);
    expect(await decideAs(release, 'alice', 'Undo', { reason: 'slow' })).toMatchObject({ state: 'Accepted' });
    const back = await release.until('back', isRolledBack);
    expect(back).toMatchObject({ stableRevision: release.stable, canaryRevision: canary, abort: { reason: 'UndoneByDecision' } });
    await release.serves(release.stable);
    await release.controller.only.restart('SIGKILL');
    await release.load.more(300);
    expect((await release.get()).status).toMatchObject({ phase: 'RolledBack', stableRevision: release.stable });
    await release.write({ image: 'example/app:1' });
    await release.until('at rest', isPromoted(release.stable));
    await release.holds();
  });

  test('of one that is cold is a canary of its own', async ({ onTestFinished }) => {
    const steps = [{ setWeight: 20 }];
    const { release, canary } = await begun('d-cold', onTestFinished, { steps, canary: { scaleDownDelay: '0s' } });
    await release.until('promoted, and the old one cold', (status) => isPromoted(canary)(status) && status.replicas === 2, 120_000);
    expect(await decideAs(release, 'bob', 'Undo')).toMatchObject({
      state: 'Accepted',
      message: expect.stringContaining('canary') as string,
    });
    const back = await release.until('back', isRolledBack);
    expect(back).toMatchObject({ stableRevision: release.stable, canaryRevision: canary, abort: { reason: 'UndoneByDecision' } });
    expect(release.weights(release.stable)).toEqual([100, 80, 0, 20, 100]);
    await release.serves(release.stable);
    await release.holds();
  });
});

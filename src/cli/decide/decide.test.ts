import { afterEach, describe, expect, test } from 'vitest';
import { decisions, rollouts } from '../../api/index.ts';
import { aBench, aRollout, type Bench, put, runWith } from '../testing/bench.ts';

let bench: Bench;
const begin = async (options = {}) => {
  bench = await aBench(options);
  return bench;
};
afterEach(() => bench.close());

const openGate = (approvals: readonly string[] = [], needs = 2) => ({
  ...{ name: 'qa', id: 'qa-1', state: 'Open', openedAt: '2026-01-01T00:00:00.000Z', needs },
  approvals: approvals.map((subject) => ({ subject, at: '2026-01-01T00:00:00.000Z', channel: 'cli', decision: 'web-x' })),
});
const made = () => bench.api.list(decisions, { namespace: 'shop' });
const accept = () => bench.answer(() => ({ state: 'Accepted', message: 'noted' }));

describe('a decision is made as the caller', () => {
  test('with the uid, revision and attempt of the live Rollout, and its answer is waited for', async () => {
    await begin();
    const { metadata } = put(bench, aRollout('web', { status: { attempt: 3 } }));
    accept();
    const ran = await bench.run(['resume', 'web', '--reason', 'looks good'], { as: 'bob' });
    expect(ran).toEqual({ code: 0, out: 'resume web (7c9d2f41aa, attempt 3): Accepted: noted\n', err: '' });
    expect(made().map(({ spec }) => spec)).toEqual([
      {
        ...{ rollout: { name: 'web', uid: metadata.uid }, revision: '7c9d2f41aa', attempt: 3, action: 'Resume' },
        ...{ subject: 'bob', channel: 'cli', reason: 'looks good' },
      },
    ]);
    expect(made()[0]?.metadata.name).toMatch(/^web-/);
  });

  test.each(['resume', 'skip', 'promote', 'abort', 'retry', 'undo', 'restart', 'override'])('%s', async (verb) => {
    await begin();
    put(bench, aRollout('web'));
    accept();
    expect(await bench.run([verb, 'rollout.sluice.dev/web'])).toMatchObject({ code: 0, err: '' });
    expect(made().map(({ spec }) => spec)).toMatchObject([{ action: verb[0]?.toUpperCase() + verb.slice(1), subject: 'alice' }]);
  });

  test('without a canary it is about stable', async () => {
    await begin();
    put(bench, aRollout('web', { status: { canaryRevision: undefined, attempt: undefined, phase: 'Healthy' } }));
    accept();
    expect((await bench.run(['restart', 'web'])).out).toBe('restart web (6d5f0c9b1e, attempt 1): Accepted: noted\n');
  });

  test('an approval says how many are missing', async () => {
    await begin();
    put(bench, aRollout('web', { status: { gates: [openGate()] } }));
    bench.answer(() => {
      bench.api.patch(rollouts, { namespace: 'shop', name: 'web' }, { status: { gates: [openGate(['bob'])] } }, { subresource: 'status' });
      return { state: 'Accepted', message: '' };
    });
    const { code, out } = await bench.run(['approve', 'web', 'qa'], { as: 'bob' });
    expect([code, out]).toEqual([
      0,
      'approve gate qa of web (7c9d2f41aa, attempt 1): Accepted\ngate qa (1 of 2 approvals): 1 more is needed\n',
    ]);
    expect(made()[0]?.spec).toMatchObject({ action: 'Approve', gate: 'qa' });
  });

  test('one that is rejected says why, and exits with 1', async () => {
    await begin();
    put(bench, aRollout('web'));
    bench.answer(() => ({ state: 'Rejected', message: 'nothing is paused' }));
    expect(await bench.run(['resume', 'web'])).toEqual({
      ...{ code: 1, out: '' },
      err: 'resume web (7c9d2f41aa, attempt 1): Rejected: nothing is paused\n',
    });
  });

  test('one that nobody answers stands, and exits with 2', async () => {
    await begin();
    put(bench, aRollout('web'));
    const { code, out, err } = await bench.run(['resume', 'web', '--timeout', '10ms']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/decision web-\S+ is made, and no controller has answered it within 0.01 s; it stands: kubectl get decision web-/);
  });

  test('without waiting', async () => {
    await begin();
    put(bench, aRollout('web'));
    const { code, out } = await bench.run(['abort', 'web', '--no-wait', '-o', 'name']);
    expect([code, out]).toEqual([0, `decision.sluice.dev/${made()[0]?.metadata.name}\n`]);
  });

  test('as JSON it is the whole Decision, with its answer', async () => {
    await begin();
    put(bench, aRollout('web'));
    accept();
    const { out } = await bench.run(['abort', 'web', '-o', 'json']);
    expect(JSON.parse(out)).toMatchObject({ kind: 'Decision', spec: { action: 'Abort' }, status: { state: 'Accepted' } });
  });
});

describe('undo --to', () => {
  const history = ['1111111111', '1234512345'].map((revision) => ({
    ...{ revision, startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:00:00.000Z', outcome: 'Promoted' },
  }));

  test.each([
    ['1234', 0, ''],
    ['1', 1, '1 may be 1111111111 or 1234512345\n'],
    ['f', 1, 'web has no revision f in its history: 1111111111, 1234512345\n'],
  ])('%s', async (to, code, err) => {
    await begin();
    put(bench, aRollout('web', { status: { history } }));
    accept();
    expect(await bench.run(['undo', 'web', '--to', to])).toMatchObject({ code, err });
    expect(made().map(({ spec }) => (spec as { undoTo?: string }).undoTo)).toEqual(code === 0 ? ['1234512345'] : []);
  });
});

describe('what cannot be asked is said, and no Decision is made', () => {
  test.each([
    ['a misspelt Rollout', ['resume', 'wep'], 'there is no Rollout wep in namespace shop; did you mean web?\n'],
    [
      'one of another namespace',
      ['resume', 'web', '-n', 'default'],
      'there is no Rollout web in namespace default; there is one in namespace shop (-n shop)\n',
    ],
    ['a name that is none', ['resume', 'We b'], '"We b" is no name of a Rollout\n'],
    ['a misspelt gate', ['approve', 'web', 'quality'], 'web has no gate quality; open: qa (0 of 2 approvals)\n'],
    ['a gate like another', ['approve', 'web', 'qaa'], 'web has no gate qaa; open: qa (0 of 2 approvals); did you mean qa?\n'],
    ['a gate that is closed', ['reject', 'web', 'perf'], 'gate perf of web is approved already; open: qa (0 of 2 approvals)\n'],
    ['no gate', ['approve', 'web'], 'which gate of web? open: qa (0 of 2 approvals)\n'],
    [
      'another revision',
      ['abort', 'web', '--revision', 'abc'],
      'web is at revision 7c9d2f41aa now, not abc: look again before you decide\n',
    ],
  ])('%s', async (_case, args, err) => {
    await begin();
    put(bench, aRollout('web', { status: { gates: [{ ...openGate(), name: 'perf', state: 'Approved' }, openGate()] } }));
    expect(await bench.run(args)).toEqual({ code: 1, out: '', err });
    expect(made()).toEqual([]);
  });

  test('a Rollout that no controller has seen', async () => {
    await begin();
    put(bench, { ...aRollout('web'), status: undefined });
    expect((await bench.run(['abort', 'web'])).err).toBe('web has no revision yet (not seen by a controller): nothing to decide on\n');
  });

  test('without permission to look', async () => {
    await begin();
    expect(await bench.run(['abort', 'web'], { as: 'mallory' })).toEqual({
      ...{ code: 1, out: '' },
      err: 'cannot get rollout web: mallory may not get rollouts.sluice.dev in namespace shop (roles for people: sluice render rbac)\n',
    });
  });

  test('without permission for the action', async () => {
    await begin();
    put(bench, aRollout('web'));
    const { code, err } = await bench.run(['abort', 'web'], { as: 'bob' });
    expect(code).toBe(1);
    expect(err).toBe('cannot abort web: bob needs the verb abort on rollouts/decision of web (roles for people: sluice render rbac)\n');
    expect(made()).toEqual([]);
  });

  test('where the kinds are not installed', async () => {
    await begin({ withoutKinds: true });
    const { code, err } = await bench.run(['abort', 'web']);
    expect(code).toBe(1);
    expect(err).toMatch(/^http:\S+ \(context bench\) does not serve Rollouts: the definitions are not installed there/);
  });

  test('where nobody listens', async () => {
    await begin();
    await bench.stop();
    const { code, err } = await bench.run(['abort', 'web']);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^cannot reach the API server at ${bench.url} \\(context bench\\): `)),
    ]);
  });

  test('without a kubeconfig, or with a context that is not in it', async () => {
    await begin();
    expect(await runWith(['abort', 'web', '--kubeconfig', '/nowhere/kubeconfig'])).toMatchObject({ code: 1, out: '' });
    expect((await bench.run(['abort', 'web', '--context', 'prod'])).err).toMatch(/there is no context prod/);
  });
});

test('as a plugin of kubectl it calls itself so', async () => {
  await begin();
  expect((await bench.run(['abort', '--help'], { program: 'kubectl sluice' })).out).toMatch(
    /^Usage: kubectl sluice abort \[options\] <name>/,
  );
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { analysisRuns, decisions, rollouts } from '../../api/index.ts';
import { deployments } from '../../controller/resources.ts';
import type { Resource } from '../../kube/index.ts';
import type { ApiDraft } from '../../sandbox/api/index.ts';
import { aBench, aRollout, type Bench, put } from '../testing/bench.ts';

const pods: Resource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const [stable, canary] = ['6d5f0c9b1e', '7c9d2f41aa'];
const utf8 = { LANG: 'C.UTF-8' };

let bench: Bench;
beforeEach(async () => {
  bench = await aBench();
});
afterEach(() => bench.close());

const labelsOf = (revision: string) => ({ 'sluice.dev/rollout': 'web', 'sluice.dev/revision': revision });

/** A Rollout at 10 %, with revisions, pods, a run, a gate and a Decision. */
function aRelease(status: Readonly<Record<string, unknown>> = {}): void {
  const gate = {
    ...{ name: 'qa', id: 'qa-1', state: 'Open', openedAt: '2026-01-01T00:00:00.000Z', needs: 2 },
    approvals: [{ subject: 'bob', at: '2026-01-01T00:00:00.000Z', channel: 'cli', decision: 'web-x' }],
  };
  const history = [
    { revision: stable, startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:10:00.000Z', outcome: 'Promoted' },
  ];
  const { metadata } = put(bench, aRollout('web', { status: { gates: [gate], history, ...status } }));
  const ownerReferences = [{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', name: 'web', uid: metadata.uid, controller: true }];
  const deployment = (revision: string, replicas: number): ApiDraft => ({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    metadata: { name: `web-${revision}`, namespace: 'shop', labels: labelsOf(revision), ownerReferences },
    spec: {
      ...{ replicas, selector: { matchLabels: labelsOf(revision) } },
      template: { metadata: { labels: labelsOf(revision) }, spec: { containers: [{ name: 'web', image: `web:${revision}` }] } },
    },
    status: { replicas, readyReplicas: 1 },
  });
  bench.put(deployments, deployment(stable, 1));
  bench.put(deployments, deployment(canary, 2));
  const pod = (name: string, revision: string, ready: boolean, state: object): ApiDraft => ({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop', labels: labelsOf(revision) } },
    spec: { containers: [{ name: 'web', image: 'web' }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'web', image: 'web', imageID: '', ready, restartCount: ready ? 0 : 3, state }],
    },
  });
  bench.put(pods, pod('web-a', canary, true, { running: {} }));
  bench.put(pods, pod('web-b', canary, false, { waiting: { reason: 'CrashLoopBackOff' } }));
  bench.put(pods, pod('web-c', stable, true, { running: {} }));
  const measurement = (result: string, value: string) => ({
    ...{ result, value, startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:00:00.000Z' },
  });
  bench.put(analysisRuns, {
    ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'AnalysisRun' },
    metadata: { name: `web-${canary}-1-bg`, namespace: 'shop', labels: labelsOf(canary), ownerReferences },
    spec: {
      metrics: [
        {
          name: 'success',
          thresholdRange: { min: 0.9 },
          interval: '10s',
          provider: { web: { url: 'https://x.example', jsonPath: '$.x' } },
        },
      ],
      rollout: { name: 'web', uid: metadata.uid, kind: 'Background', revision: canary, attempt: 1 },
    },
    status: {
      ...{ phase: 'Running', startedAt: '2026-01-01T00:00:00.000Z' },
      metricResults: [
        {
          ...{ name: 'success', phase: 'Running', successful: 2, failed: 1 },
          measurements: [measurement('Pass', '0.99'), measurement('Pass', '0.95'), measurement('Fail', '0.8')],
        },
      ],
    },
  });
  bench.api.create(decisions, {
    ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Decision', metadata: { name: 'web-x', namespace: 'shop' } },
    spec: {
      rollout: { name: 'web', uid: metadata.uid },
      revision: canary,
      attempt: 1,
      action: 'Approve',
      gate: 'qa',
      subject: 'system:admin',
    },
  });
}

/** Ages count from now. */
const withoutAges = (text: string) =>
  text
    .replace(/ +(\d+[dhms]){1,2}(?= |$)/gm, ' AGE')
    .replace(/ ago +/g, ' ago ')
    .replace(/ +$/gm, '');

describe('the table', () => {
  test('has the columns of kubectl, the newest weight, and every Rollout by name', async () => {
    put(bench, aRollout('web', { status: { newestWeight: 10 } }));
    put(bench, { ...aRollout('api'), status: undefined });
    const { code, out } = await bench.run(['get']);
    expect([code, withoutAges(out)]).toEqual([
      0,
      [
        'NAME   PHASE    STEP   WEIGHT   AGE   MESSAGE',
        'api AGE',
        'web    Paused   2/4    10 AGE    step 2/4: 10 % to 7c9d2f41aa, waiting for a decision',
        '',
      ].join('\n'),
    ]);
  });

  test('-A and -o wide say the namespace and the revisions', async () => {
    put(bench, aRollout('web'));
    const { out } = await bench.run(['get', '-A', '-o', 'wide', '-n', 'default']);
    expect(out).toMatch(/^NAMESPACE +NAME +PHASE +STEP +WEIGHT +AGE +STABLE +CANARY +MESSAGE\nshop +web .* 6d5f0c9b1e +7c9d2f41aa +step/);
  });

  test('-o name and json are for programs', async () => {
    put(bench, aRollout('web'));
    expect((await bench.run(['get', '-o', 'name'])).out).toBe('rollout.sluice.dev/web\n');
    expect(JSON.parse((await bench.run(['get', '-o', 'json'])).out)).toMatchObject([
      { name: 'web', phase: 'Paused', step: '2/4', weight: 10 },
    ]);
  });

  test('nothing, and no permission', async () => {
    expect(await bench.run(['get'])).toEqual({ code: 0, out: '', err: 'there are no Rollouts in namespace shop\n' });
    expect(await bench.run(['get', '-A'], { as: 'mallory' })).toEqual({
      ...{ code: 1, out: '' },
      err: 'cannot list rollouts: mallory may not list rollouts.sluice.dev in the whole cluster (roles for people: sluice render rbac)\n',
    });
  });
});

describe('the tree', () => {
  test('shows steps, traffic, gates, revisions with pods, analyses with their last values, and history', async () => {
    aRelease();
    const { code, out, err } = await bench.run(['get', 'web'], { env: utf8 });
    expect([code, err]).toEqual([0, '']);
    expect(withoutAges(out)).toBe(`shop/web  Paused
step 2/4: 10 % to 7c9d2f41aa, waiting for a decision
you can: sluice skip | promote | abort web -n shop

STEPS    ✔ 10 %  ▶ pause until somebody resumes  · 50 %  · pause for AGE
WEIGHT   ██░░░░░░░░░░░░░░░░░░  10 %  9.7 % observed, confirmed by Metrics AGE ago

GATES    qa  Open  1 of 2 approvals by bob, 1 missing
           sluice approve web qa -n shop

REVISIONS
├─ 7c9d2f41aa  Canary ██░░░░░░░░░░░░░░░░░░  10 %   1/2 ready AGE      web:7c9d2f41aa
│  ├─ web-b                 CrashLoopBackOff 0/1  3 restarts AGE
│  └─ web-a                 Running          1/1 AGE
└─ 6d5f0c9b1e  Stable ██████████████████░░  90 %   1/1 ready AGE      web:6d5f0c9b1e
   └─ web-c                 Running          1/1 AGE

ANALYSIS
   web-7c9d2f41aa-1-bg  Background  Running AGE
      success            Running      █▇▁        0.8  2 passed 1 failed

HISTORY
   6d5f0c9b1e  Promoted AGE ago took AGE
`);
  });

  test('on a narrow terminal nothing is wider than it, and a long message goes on below', async () => {
    aRelease();
    const { out } = await bench.run(['get', 'web'], { env: { ...utf8, NO_COLOR: '1' }, terminal: { columns: 40, rows: 24 } });
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(out).toContain('waiting\nfor a decision\n');
  });

  test('whoever may not list pods sees the rest, and what is missing', async () => {
    aRelease();
    const { code, out } = await bench.run(['get', 'web'], { as: 'bob' });
    expect(code).toBe(0);
    expect(out).toContain('success ');
    expect(out).toContain('cannot list pods: bob may not list pods in namespace shop');
  });

  test('where only ASCII can be shown there is nothing else, and hostile text is shown as what it is', async () => {
    aRelease({ message: 'evil \u001b[2J\u202e text' });
    const { out } = await bench.run(['get', 'web'], { env: { LANG: 'C' } });
    expect(out).toContain('evil \\x1b[2J\\u{202e} text');
    expect(out).toMatch(/^[\x20-\x7e\n]*$/);
  });

  test('-o json is the live view with its pods', async () => {
    aRelease();
    const view: unknown = JSON.parse((await bench.run(['get', 'web', '-o', 'json'])).out);
    expect(view).toMatchObject({ name: 'web', phase: 'Paused', gates: [{ missing: 1 }], decisions: [{ name: 'web-x' }] });
    expect(view).toMatchObject({ pods: [{ name: 'web-a' }, { name: 'web-b', restarts: 3 }, { name: 'web-c' }] });
  });

  test.each([
    [{}, undefined, false],
    [{}, { columns: 80, rows: 24 }, true],
    [{ NO_COLOR: '1' }, { columns: 80, rows: 24 }, false],
    [{ TERM: 'dumb' }, { columns: 80, rows: 24 }, false],
    [{ FORCE_COLOR: '1' }, undefined, true],
    [{ FORCE_COLOR: '0' }, { columns: 80, rows: 24 }, false],
  ])('colour with %j on %j: %s', async (env, terminal, isColoured) => {
    aRelease();
    const { out } = await bench.run(['get', 'web'], { env, ...(terminal === undefined ? {} : { terminal }) });
    expect(out.includes('\x1b[')).toBe(isColoured);
  });

  test('there is none of that name', async () => {
    put(bench, aRollout('web'));
    expect(await bench.run(['get', 'weeb'])).toEqual({
      code: 1,
      out: '',
      err: 'there is no Rollout weeb in namespace shop; did you mean web?\n',
    });
  });
});

describe('watching', () => {
  const become = (status: object) =>
    bench.api.patch(rollouts, { namespace: 'shop', name: 'web' }, { status: { ...status } }, { subresource: 'status' });

  test('without a terminal: a line for each change, until Ctrl-C', async () => {
    put(bench, aRollout('web'));
    const { code, out } = await bench.run(['get', 'web', '-w'], {
      onOut(text, interrupt) {
        if (text.includes('it goes on')) interrupt();
        else become({ message: 'it goes on' });
      },
    });
    expect([code, out]).toEqual([
      0,
      'web  Paused  2/4  10 %  step 2/4: 10 % to 7c9d2f41aa, waiting for a decision\nweb  Paused  2/4  10 %  it goes on\n',
    ]);
  });

  test('on a terminal: in place, on its other page, and the cursor is given back', async () => {
    aRelease();
    const { code, out } = await bench.run(['get', 'web', '-w'], {
      env: utf8,
      terminal: { columns: 80, rows: 12 },
      onOut(text, interrupt) {
        if (text.includes('it goes on')) interrupt();
        else become({ message: 'it goes on' });
      },
    });
    expect(code).toBe(0);
    expect(out.startsWith('\x1b[?1049h\x1b[?25l\x1b[2J')).toBe(true);
    const [pictures = '', left = ''] = out.split('\x1b[?25h\x1b[?1049l');
    for (const picture of pictures.split('\x1b[H').slice(1)) expect(picture.split('\r\n').length).toBeLessThanOrEqual(12);
    expect(pictures.split('\x1b[2J')).toHaveLength(2);
    expect(left).toContain('HISTORY');
  });

  test('a table, with Rollouts that come', async () => {
    put(bench, aRollout('web'));
    const { out } = await bench.run(['get', '-w', '-A'], {
      onOut(text, interrupt) {
        if (text.includes('shop/api')) interrupt();
        else put(bench, aRollout('api'));
      },
    });
    expect(out.split('\n').map((line) => line.slice(0, 8))).toEqual(['shop/web', 'shop/api', '']);
  });

  test('ends with a Rollout that is gone', async () => {
    put(bench, aRollout('web'));
    const { code, err } = await bench.run(['get', 'web', '-w'], {
      onOut: () => void bench.api.delete(rollouts, { namespace: 'shop', name: 'web' }),
    });
    expect([code, err]).toEqual([1, 'Rollout web is gone\n']);
  });
});

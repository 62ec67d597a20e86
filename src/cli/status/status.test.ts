import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rollouts } from '../../api/index.ts';
import { configMaps, deployments } from '../../controller/resources.ts';
import { configHash, revisionOf } from '../../core/revision.ts';
import { aBench, aRollout, type Bench, put } from '../testing/bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await aBench();
});
afterEach(() => bench.close());

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image, envFrom: [{ configMapRef: { name: 'colors' } }] }] },
});
const colors = { data: { blue: '1' } };
const revisionWith = (image: string, config: { data: Record<string, string> } = colors) =>
  revisionOf(template(image), [{ kind: 'ConfigMap', name: 'colors', hash: configHash(config) }]);

const workload = (image: string) => {
  bench.put(configMaps, { metadata: { name: 'colors', namespace: 'shop' }, ...colors });
  bench.put(deployments, {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } },
    spec: { replicas: 0, selector: { matchLabels: { app: 'web' } }, template: template(image) },
  });
};
const healthy = (image: string) => ({
  phase: 'Healthy',
  message: 'has all traffic',
  stableRevision: revisionWith(image),
  canaryRevision: undefined,
});
const rolledBack = (image: string) => ({
  ...{ phase: 'RolledBack', message: 'rolled back', stableRevision: revisionWith('web:0'), canaryRevision: revisionWith(image) },
  abort: { reason: 'AnalysisFailed', message: 'too many errors', at: '2026-01-01T00:00:00.000Z' },
});
const stalled = {
  phase: 'Progressing',
  message: 'no template',
  conditions: [
    { type: 'Stalled', status: 'True', reason: 'AnalysisTemplateNotFound', message: 'm', lastTransitionTime: '2026-01-01T00:00:00.000Z' },
  ],
};
const become = (status: object) =>
  bench.api.patch(rollouts, { namespace: 'shop', name: 'web' }, { status: { ...status } }, { subresource: 'status' });

describe('at a glance', () => {
  test.each([
    ['the newest template is stable', healthy('web:1'), 0, 'web: Healthy: has all traffic\n'],
    ['a newer template was applied, and not seen yet', healthy('web:0'), 3, /the newest template has not been seen by the controller yet/],
    ['the newest template was rolled back', rolledBack('web:1'), 1, 'web: RolledBack: rolled back\n'],
    ['an older one was rolled back, and a newer applied', rolledBack('web:0'), 3, /has not been seen by the controller yet/],
    ['a step waits', {}, 3, /^web: Paused: step 2\/4/],
    ['it is degraded', { phase: 'Degraded', message: 'm' }, 1, 'web: Degraded: m\n'],
    ['it is stalled', stalled, 1, 'web: Progressing: no template\n'],
    ['the Rollout was changed, and not seen yet', { ...healthy('web:1'), observedGeneration: 0 }, 3, /generation 1 has not been seen/],
  ])('%s', async (_case, status, code, out) => {
    workload('web:1');
    put(bench, aRollout('web', { status }));
    const ran = await bench.run(['status', 'web']);
    expect(ran).toEqual({ code, out: typeof out === 'string' ? out : expect.stringMatching(out), err: '' });
  });

  test('the configuration counts, too', async () => {
    workload('web:1');
    put(bench, aRollout('web', { status: { ...healthy('web:1'), stableRevision: revisionWith('web:1', { data: { blue: '2' } }) } }));
    expect((await bench.run(['status', 'web'])).code).toBe(3);
  });

  test('whoever may not read the workload has to believe the status', async () => {
    workload('web:1');
    put(bench, aRollout('web', { status: healthy('web:0') }));
    expect((await bench.run(['status', 'web'], { as: 'bob' })).code).toBe(0);
  });

  test('no such Rollout is told apart from a release that failed', async () => {
    put(bench, aRollout('web'));
    expect(await bench.run(['status', 'wep'])).toEqual({
      ...{ code: 4, out: '' },
      err: 'there is no Rollout wep in namespace shop; did you mean web?\n',
    });
  });

  test('-o json', async () => {
    workload('web:1');
    put(bench, aRollout('web', { status: rolledBack('web:1') }));
    const { code, out } = await bench.run(['status', 'web', '-o', 'json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'failed', phase: 'RolledBack', abort: { reason: 'AnalysisFailed' } });
  });
});

describe('waiting', () => {
  test('right after a new template: until it is stable, a line for each change', async () => {
    workload('web:1');
    put(bench, aRollout('web', { status: healthy('web:0') }));
    const news = [
      { phase: 'Progressing', message: 'step 1', canaryRevision: revisionWith('web:1') },
      { ...healthy('web:1'), canaryRevision: null },
    ];
    let lines = 0;
    const { code, out } = await bench.run(['status', 'web', '--wait'], {
      onOut(text) {
        const now = text.split('\n').length;
        const next = now > lines ? news.shift() : undefined;
        lines = now;
        if (next !== undefined) become(next);
      },
    });
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        'web: the newest template has not been seen by the controller yet; Healthy: has all traffic',
        'web: Progressing: step 1',
        'web: Healthy: has all traffic',
        '',
      ],
    ]);
  });

  test('until it has failed', async () => {
    workload('web:1');
    put(bench, aRollout('web'));
    const { code } = await bench.run(['status', 'web', '--wait'], { onOut: () => become(rolledBack('web:1')) });
    expect(code).toBe(1);
  });

  test('not longer than it may', async () => {
    put(bench, aRollout('web'));
    const { code, err } = await bench.run(['status', 'web', '--timeout', '50ms']);
    expect([code, err]).toEqual([2, expect.stringMatching(/^web: not through after 50ms: Paused: step 2\/4/)]);
  });

  test('through a restart of the API server', async () => {
    workload('web:1');
    put(bench, aRollout('web'));
    let isDown = false;
    const { code, out, err } = await bench.run(['status', 'web', '--wait'], {
      onOut() {
        if (isDown) return;
        isDown = true;
        void bench.stop();
      },
      onErr() {
        become({ ...healthy('web:1'), canaryRevision: null });
        void bench.restart();
      },
    });
    expect([code, out.split('\n').length]).toEqual([0, 3]);
    expect(err).toMatch(/^cannot reach the API server at .*; asking again\n$/);
  });

  test('until Ctrl-C', async () => {
    put(bench, aRollout('web'));
    expect((await bench.run(['status', 'web', '--wait'], { onOut: (_text, interrupt) => interrupt() })).code).toBe(130);
  });
});

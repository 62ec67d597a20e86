import { afterEach, describe, expect, test } from 'vitest';
import { clusterAnalysisTemplates } from '../../api/index.ts';
import { aBench, aRollout, type Bench, put, runWith } from '../testing/bench.ts';

const rollout = (canary: string, spec = '') => `apiVersion: sluice.dev/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  workloadRef: {name: web}
  service: {name: web}
  traffic: {smi: {}}
${spec}
  strategy:
    canary:
${canary}
`;

/** Time and what, of each step. */
async function planned(text: string): Promise<readonly string[]> {
  const { code, out } = await runWith(['plan', '-f', '-'], { stdin: text });
  expect(code).toBe(0);
  return out
    .split('\n')
    .slice(2)
    .filter((line) => line !== '' && !line.includes(' when ') && !line.startsWith('Times are'))
    .map((line) => line.trim().replace(/ +/g, ' '));
}

describe('of a file', () => {
  test('pauses add up, 100 % and the promotion follow by themselves, and the bake with them', async () => {
    expect(
      await planned(
        rollout(
          '      steps: [{setWeight: 10}, {pause: {duration: 5m}}, {setWeight: 50}, {pause: {duration: 10m}}]\n      afterPromotion: {duration: 1h}\n      scaleDownDelay: 2m',
        ),
      ),
    ).toEqual([
      '1/4 +0s 10 % of the traffic',
      '2/4 +5m pause for 5m',
      '3/4 +5m 50 % of the traffic',
      '4/4 +15m pause for 10m',
      '+15m 100 % of the traffic',
      '+1h15m bake for 1h',
      '+1h15m promoted: the root Service selects it, it is the stable revision',
      '+1h17m the revision before it is scaled down; until then undo is instant',
    ]);
  });

  test('a metric needs its whole first window at each weight, but not before there is traffic', async () => {
    const template = `---
apiVersion: sluice.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: slow}
spec:
  metrics:
  - {name: slow, interval: 30s, thresholdRange: {min: 1}, provider: {prometheus: {query: 'rate(x[2m])'}}}
`;
    const steps =
      '      steps: [{setWeight: 10}, {setWeight: 50}, {pause: {duration: 5m}}, {setWeight: 100}]\n      analysis: {templates: [{name: slow}]}';
    expect((await planned(rollout(steps) + template)).slice(0, 5)).toEqual([
      '1/4 +0s 10 % of the traffic',
      '2/4 +2m 50 % of the traffic',
      '3/4 +7m pause for 5m',
      '4/4 +7m 100 % of the traffic',
      '+9m promoted: the root Service selects it, it is the stable revision',
    ]);
  });

  test('after a person, times count from the decision', async () => {
    expect(
      await planned(
        rollout('      steps: [{setWeight: 10}, {pause: {duration: 1m}}, {pause: {}}, {setWeight: 50}, {pause: {duration: 5m}}]'),
      ),
    ).toEqual([
      '1/5 +0s 10 % of the traffic',
      '2/5 +1m pause for 1m',
      '3/5 pause until somebody resumes',
      'after the resume of step 3',
      '4/5 +0s 50 % of the traffic',
      '5/5 +5m pause for 5m',
      '+5m 100 % of the traffic',
      '+5m promoted: the root Service selects it, it is the stable revision',
      '+10m the revision before it is scaled down; until then undo is instant',
    ]);
  });

  test('a change window that is closed now holds the first raise back, and says until when', async () => {
    // Closed but for the last minute of the year.
    const windows = '  windows: [{kind: Allow, schedule: "59 23 31 12 *", duration: 1m}]';
    const { out } = await runWith(['plan', '-f', '-'], { stdin: rollout('      steps: [{setWeight: 10}]', windows) });
    expect(out).toMatch(
      /1\/1 +\+\S+ +10 % of the traffic\n(.*\n)? +when the change window that forbids it is over \(\d{4}-12-31T23:59:00\.000Z\)/,
    );
  });

  test('a template that is not given is named, and its time not counted', async () => {
    const { out } = await runWith(['plan', '-f', '-'], {
      stdin: rollout('      steps: [{setWeight: 10}]\n      analysis: {templates: [{name: nope}]}'),
    });
    expect(out).toContain('no AnalysisTemplate "nope" is given: its time is not counted');
  });

  test.each([
    [['plan'], 2, 'say the NAME of a Rollout of the cluster, or a file with -f\n'],
    [['plan', 'web', '-f', '-'], 2, 'say the NAME of a Rollout of the cluster, or a file with -f\n'],
    [['plan', '-f', '-'], 1, 'no Rollout is given: name its file with -f\n'],
  ])('%j', async (args, code, err) => {
    expect(await runWith(args)).toEqual({ code, out: '', err });
  });

  test('what is not valid is said with its path', async () => {
    const { code, err } = await runWith(['plan', '-f', '-'], { stdin: rollout('      steps: [{setWeight: 101}]') });
    expect([code, err]).toEqual([1, 'stdin: Rollout web: spec.strategy.canary.steps[0].setWeight: must be at most 100\n']);
  });
});

describe('of a Rollout of the cluster', () => {
  let bench: Bench;
  afterEach(() => bench.close());
  const steps = [{ setWeight: 10 }, { pause: { duration: '1h' } }, { setWeight: 50 }, { pause: {} }];

  test('it begins where the release stands, with what is left of its step', async () => {
    bench = await aBench();
    const until = new Date(Date.now() + 30 * 60_000).toISOString();
    const step = { index: 1, total: 4, label: '2/4', kind: 'pause', startedAt: '2026-01-01T00:00:00.000Z', until };
    put(bench, aRollout('web', { spec: { strategy: { canary: { steps } } }, status: { phase: 'Progressing', step } }));
    const { code, out } = await bench.run(['plan', 'web', '-o', 'json']);
    const plan = JSON.parse(out) as { heading: string[]; steps: { label: string; what: string; earliest?: string; after?: string }[] };
    expect([code, plan.heading]).toEqual([0, ['shop/web  Progressing: step 2/4: 10 % to 7c9d2f41aa, waiting for a decision']]);
    expect(plan.steps.slice(0, 3).map(({ label, what, after }) => [label, what, after])).toEqual([
      ['2/4', 'pause for 1h', undefined],
      ['3/4', '50 % of the traffic', undefined],
      ['4/4', 'pause until somebody resumes', 'the resume of step 4'],
    ]);
    expect(plan.steps[0]?.earliest).toBe(until);
  });

  test('at rest it tells what a new template would go through, with the templates of the cluster', async () => {
    bench = await aBench();
    bench.put(clusterAnalysisTemplates, {
      ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'ClusterAnalysisTemplate', metadata: { name: 'ok' } },
      spec: { metrics: [{ name: 'ok', interval: '10s', thresholdRange: { min: 1 }, provider: { prometheus: { query: 'rate(x[3m])' } } }] },
    });
    const canary = { steps, analysis: { templates: [{ name: 'ok', clusterScope: true }] } };
    put(bench, aRollout('web', { spec: { strategy: { canary } }, status: { phase: 'Healthy', canaryRevision: undefined } }));
    const { out } = await bench.run(['plan', 'web']);
    expect(out).toContain('a new template would be released like this, at the earliest:');
    expect(out).toMatch(/1\/4 +\+0s +10 % of the traffic/);
    expect(out).toContain('when metric "ok" passes at this weight (3m at the least)');
  });
});

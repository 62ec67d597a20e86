import { describe, expect, test } from 'vitest';
import type { AnalysisRun } from './run.ts';
import { analysisRunStatusSchema } from './run.ts';
import { planRun } from './run-planner.ts';
import type { RunOptions } from './testing/builders.ts';

import { aRun, aSample, aSubject, bad, drive, good, inOrder, seconds, silent, t0 } from './testing/builders.ts';

const windowed = { provider: { prometheus: { query: 'rate(a[{{args.window}}])' } } } as const;
const literal = { provider: { prometheus: { query: 'rate(a[2m])' } } } as const;
const shortenedAndOffset = { provider: { prometheus: { query: 'rate(a[{{args.window}}] offset 30s)' } } } as const;
const plan = (run: AnalysisRun, nowMs: number, over: Partial<Parameters<typeof planRun>[0]> = {}) =>
  planRun({ nowMs, run, samples: [], inFlight: [], subject: undefined, ...over });
const queryOf = (planned: ReturnType<typeof planRun>): string | undefined => {
  const provider = planned.questions[0]?.question.provider;
  return provider?.kind === 'prometheus' ? provider.query : undefined;
};

describe('a run for a Rollout', () => {
  const ofRollout = aRun({ metrics: [windowed], rollout: {} });

  test('asks as soon as the shortest window since the confirmation has passed', () => {
    expect(plan(ofRollout, t0 + seconds(9), { subject: aSubject() })).toMatchObject({ questions: [], wakeAtMs: t0 + seconds(10) });
    const first = plan(ofRollout, t0 + seconds(10), { subject: aSubject() });
    expect(queryOf(first)).toBe('rate(a[10s])');
    expect(first.questions[0]?.windowStartedAtMs).toBe(t0);
  });

  test.each([
    [25, 'rate(a[25s])', 0],
    [59.9, 'rate(a[59s])', 0.9],
    [60, 'rate(a[1m])', 0],
    [500, 'rate(a[1m])', 440],
  ])('%s s after the confirmation the window is shortened to fit', (since, query, startSeconds) => {
    const planned = plan(ofRollout, t0 + seconds(since), { subject: aSubject() });
    expect(queryOf(planned)).toBe(query);
    expect(planned.questions[0]?.windowStartedAtMs).toBe(t0 + seconds(startSeconds));
  });

  test('the template’s own window is the longest', () => {
    const own = aRun({ metrics: [windowed], rollout: {}, args: [{ name: 'window', value: '5m' }] });
    expect(queryOf(plan(own, t0 + seconds(900), { subject: aSubject() }))).toBe('rate(a[5m])');
    expect(queryOf(plan(own, t0 + seconds(200), { subject: aSubject() }))).toBe('rate(a[3m20s])');
  });

  test('a literal range is waited for', () => {
    const ranged = aRun({ metrics: [literal], rollout: {} });
    expect(plan(ranged, t0 + seconds(60), { subject: aSubject() })).toMatchObject({ questions: [], wakeAtMs: t0 + seconds(120) });
    expect(plan(ranged, t0 + seconds(121), { subject: aSubject() }).questions[0]?.windowStartedAtMs).toBe(t0 + seconds(1));
  });

  test('an offset is waited for, and the window still shortened', () => {
    const offset = aRun({ metrics: [shortenedAndOffset], rollout: {} });
    expect(plan(offset, t0 + seconds(20), { subject: aSubject() }).wakeAtMs).toBe(t0 + seconds(40));
    expect(queryOf(plan(offset, t0 + seconds(50), { subject: aSubject() }))).toBe('rate(a[20s] offset 30s)');
    expect(queryOf(plan(offset, t0 + seconds(90), { subject: aSubject() }))).toBe('rate(a[1m] offset 30s)');
  });

  test('no window ever begins before the confirmation', () => {
    for (const metric of [
      windowed,
      literal,
      shortenedAndOffset,
      {},
      { provider: { trafficMetrics: { value: 'p99' } } },
      { provider: { prometheus: { builtin: 'p99' } } },
    ] as const) {
      const run = aRun({ metrics: [{ ...metric, thresholdRange: { max: 1 } }], rollout: {} });
      for (let at = 0; at < 300; at += 7) {
        for (const question of plan(run, t0 + seconds(at), { subject: aSubject() }).questions)
          expect(question.windowStartedAtMs).toBeGreaterThanOrEqual(t0);
      }
    }
  });

  test('a server that answers for longer windows than it was asked for is asked at the interval, not over and over', () => {
    const asked: number[] = [];
    let run = ofRollout;
    for (let nowMs = t0; nowMs < t0 + seconds(60); nowMs += 100) {
      const { questions, status } = plan(run, nowMs, { subject: aSubject() });
      if (questions.length > 0) asked.push(nowMs - t0);
      const samples = questions.map(() => ({ ...aSample(nowMs, silent), windowStartedAtMs: nowMs - seconds(120) }));
      run = { ...run, status: status ?? run.status };
      run = { ...run, status: plan(run, nowMs, { subject: aSubject(), samples }).status ?? run.status };
    }
    expect(asked).toEqual([seconds(10), seconds(10) + 100, seconds(40) + 100]);
  });
  test('an unconfirmed weight is not measured, and nothing is woken for it', () => {
    expect(plan(ofRollout, t0 + seconds(600), { subject: aSubject({ windowsSinceMs: undefined }) })).toMatchObject({
      status: { phase: 'Running' },
      questions: [],
    });
    expect(plan(ofRollout, t0 + seconds(600), { subject: aSubject({ windowsSinceMs: undefined }) }).wakeAtMs).toBeUndefined();
  });

  test('without its Rollout nothing is asked', () => {
    expect(plan(ofRollout, t0 + seconds(600)).questions).toEqual([]);
  });

  test('a raise is measured as early as its window allows, and the rate goes on from there', () => {
    const raisedAt = seconds(125);
    const { asked } = drive(ofRollout, inOrder(good), {
      subject: (nowMs) => aSubject({ windowsSinceMs: nowMs >= t0 + raisedAt ? t0 + raisedAt : t0 }),
      forMs: seconds(200),
    });
    expect(asked.map(({ atMs }) => atMs / 1000)).toEqual([10, 40, 70, 100, 135, 165, 195]);
    for (const { windowStartedAtMs, atMs } of asked)
      expect(windowStartedAtMs).toBeGreaterThanOrEqual(atMs >= raisedAt ? t0 + raisedAt : t0);
  });

  test('initialDelay goes before the window', () => {
    const delayed = aRun({ metrics: [{ ...windowed, initialDelay: '45s' }], rollout: {} });
    expect(plan(delayed, t0, { subject: aSubject() })).toMatchObject({ questions: [], wakeAtMs: t0 + seconds(45) });
  });

  test('in the background it runs as long as the Rollout, and ends Successful with it', () => {
    const { status, asked } = drive(ofRollout, inOrder(good), { subject: (nowMs) => aSubject({ isOver: nowMs >= t0 + seconds(3000) }) });
    expect(status).toMatchObject({ phase: 'Successful', metricResults: [{ phase: 'Successful', message: 'the Rollout is done with it' }] });
    expect(asked.length).toBeGreaterThan(95);
  });

  test('the Rollout is done with it before any Pass: Inconclusive', () => {
    expect(plan(ofRollout, t0, { subject: aSubject({ isOver: true }) }).status).toMatchObject({ phase: 'Inconclusive' });
  });

  test('a failure that came in with the end wins over it', () => {
    const begun = { ...ofRollout, status: plan(ofRollout, t0, { subject: aSubject() }).status ?? ofRollout.status };
    const planned = plan(begun, t0 + seconds(20), { subject: aSubject({ isOver: true }), samples: [aSample(t0 + seconds(15), bad)] });
    expect(planned.status?.phase).toBe('Failed');
  });

  test('a step measures once where neither count nor consecutiveSuccessLimit ends it', () => {
    const { status, first } = drive(aRun({ metrics: [windowed], rollout: { kind: 'Step', step: 2 } }), inOrder(good), {
      subject: () => aSubject(),
    });
    expect(status.phase).toBe('Successful');
    expect(first.count).toBe(1);
  });

  test('predefined arguments are the Rollout’s, whatever the spec says', () => {
    const named = aRun({
      metrics: [{ provider: { prometheus: { query: 'a{w="{{args.canaryWorkload}}",n="{{args.namespace}}"} > {{args.weight}}' } } }],
      rollout: {},
      args: [
        { name: 'canaryWorkload', value: 'evil' },
        { name: 'namespace', value: 'evil' },
      ],
    });
    expect(queryOf(plan(named, t0 + seconds(60), { subject: aSubject() }))).toBe('a{w="web-7c9d2f41aa",n="shop"} > 10');
  });

  test('builtins and traffic metrics name the canary', () => {
    const subject = { namespace: 'shop', workload: 'web-7c9d2f41aa', service: 'web-7c9d2f41aa', rootService: 'web', split: 'shares' };
    const ofProvider = (provider: NonNullable<RunOptions['metrics']>[number]['provider']) =>
      plan(aRun({ metrics: [{ provider }], rollout: {} }), t0 + seconds(60), { subject: aSubject({ split: 'shares' }) }).questions[0]
        ?.question.provider;
    expect(ofProvider({ prometheus: { builtin: 'p99' } })).toEqual({
      kind: 'prometheusBuiltin',
      builtin: 'p99',
      mesh: 'auto',
      subject,
      windowMs: 60_000,
      timeoutMs: 10_000,
      headers: [],
    });
    expect(ofProvider({ trafficMetrics: { value: 'successRate', resource: 'trafficsplits', window: '30s' } })).toEqual({
      kind: 'trafficMetrics',
      value: 'successRate',
      resource: 'trafficsplits',
      subject,
      windowMs: 30_000,
    });
  });
});

describe('a run made by hand', () => {
  test('is measured at once, windows unrestricted', () => {
    expect(plan(aRun({ metrics: [windowed] }), t0).questions[0]).toMatchObject({ metric: 'm', windowStartedAtMs: t0 - seconds(60) });
  });
  test('has its own namespace for an argument', () => {
    const named = aRun({ metrics: [{ provider: { prometheus: { query: 'a{n="{{args.namespace}}"}' } } }] });
    expect(queryOf(plan(named, t0))).toBe('a{n="shop"}');
  });
  test('an argument that is absent ends it as Error, named, and nothing is sent', () => {
    const planned = plan(aRun({ metrics: [{ provider: { prometheus: { query: 'a{n="{{args.tenant}}"}' } } }, { name: 'other' }] }), t0);
    expect(planned.questions).toEqual([]);
    expect(planned.status).toMatchObject({
      phase: 'Error',
      message: 'metric "m" Error: invalid: provider.prometheus.query: argument "tenant" is not given',
    });
  });
  test('a builtin needs to know whose requests are meant', () => {
    const planned = plan(aRun({ metrics: [{ provider: { prometheus: { builtin: 'p99' } } }] }), t0);
    expect(planned.status?.message).toContain('argument "canaryWorkload" is not given');
  });
  test('a condition that could not be judged is refused before anything is asked', () => {
    const planned = plan(aRun({ metrics: [{ thresholdRange: undefined, successCondition: 'result > {{args.least}}' }] }), t0);
    expect(planned.questions).toEqual([]);
    expect(planned.status).toMatchObject({
      phase: 'Error',
      message: 'metric "m" Error: invalid: successCondition: argument "least" is not given',
    });
  });
  test('conditions with arguments decide, and a web address is asked with them', () => {
    const metrics = [
      { name: 'rate', thresholdRange: undefined, successCondition: 'result >= {{args.least}}' },
      {
        name: 'web',
        provider: {
          web: { url: 'http://web.example/{{args.least}}', method: 'POST' as const, body: '{"w":"{{args.window}}"}', jsonPath: '$.a[0]' },
        },
      },
    ];
    const planned = plan(aRun({ metrics, args: [{ name: 'least', value: '0.9' }] }), t0);
    expect(planned.questions.map(({ question }) => question.provider)).toMatchObject([
      { kind: 'prometheus' },
      { kind: 'web', url: 'http://web.example/0.9', method: 'POST', body: '{"w":"1m"}', path: ['a', 0] },
    ]);
  });
  test('a window that is no duration is refused', () => {
    expect(plan(aRun({ metrics: [windowed], args: [{ name: 'window', value: 'soon' }] }), t0).status?.message).toContain(
      'argument "window" must be a duration',
    );
  });
});

describe('terminate', () => {
  const terminated = (run: AnalysisRun): AnalysisRun => ({ ...run, spec: { ...run.spec, terminate: true } });
  test('Successful unless something is worse', () => {
    const { run } = drive(aRun(), inOrder(good), { forMs: seconds(70) });
    expect(plan(terminated(run), t0 + seconds(71)).status).toMatchObject({
      phase: 'Successful',
      metricResults: [{ phase: 'Successful', message: 'terminated' }],
    });
  });
  test('Inconclusive before any Pass', () => {
    expect(plan(terminated(aRun()), t0).status).toMatchObject({
      phase: 'Inconclusive',
      message: 'metric "m" Inconclusive: terminated, without a Pass',
    });
  });
  test('one metric without a Pass makes the run Inconclusive', () => {
    const { run } = drive(aRun({ metrics: [{ name: 'a' }, { name: 'b' }] }), (name) => (name === 'a' ? good : silent), {
      forMs: seconds(70),
    });
    expect(plan(terminated(run), t0 + seconds(71)).status?.phase).toBe('Inconclusive');
  });
  test('a failure that came in meanwhile is worse', () => {
    const { run } = drive(aRun(), inOrder(good), { forMs: seconds(29) });
    expect(plan(terminated(run), t0 + seconds(71), { samples: [aSample(t0 + seconds(30), bad)] }).status?.phase).toBe('Failed');
  });
  test('questions under way are not waited for', () => {
    const { run } = drive(aRun(), inOrder(good), { forMs: seconds(29) });
    expect(plan(terminated(run), t0 + seconds(31), { inFlight: ['m'] })).toMatchObject({ status: { phase: 'Successful' }, questions: [] });
  });
  test('a run whose Rollout is gone ends too', () => {
    expect(plan(terminated(aRun({ rollout: {} })), t0).status?.phase).toBe('Inconclusive');
  });
});

describe('restarts', () => {
  test('a measurement under way is repeated and counted once', () => {
    const start = aRun({ metrics: [{ count: 2 }] });
    const begun: AnalysisRun = { ...start, status: plan(start, t0).status ?? start.status };
    const repeated = plan(begun, t0 + seconds(5));
    expect(repeated.questions).toHaveLength(1);
    const both = [aSample(t0 + seconds(5), good), aSample(t0 + seconds(5), good)];
    expect(plan(begun, t0 + seconds(6), { samples: both }).status?.metricResults[0]?.count).toBe(1);
  });
  test('counts, rows and the schedule go on from status, through the API server and back', () => {
    const { run } = drive(aRun({ metrics: [{ count: 4, consecutiveSuccessLimit: 4 }] }), inOrder(good), { forMs: seconds(45) });
    const reread: AnalysisRun = { ...run, status: analysisRunStatusSchema.parse(JSON.parse(JSON.stringify(run.status))) };
    expect(plan(reread, t0 + seconds(50))).toEqual({ questions: [], wakeAtMs: t0 + seconds(60) });
    expect(plan(reread, t0 + seconds(75)).questions).toHaveLength(1);
  });
  test('after an outage the rate goes on along its old marks, without a burst', () => {
    const { run } = drive(aRun(), inOrder(good), { forMs: seconds(45) });
    const late = plan(run, t0 + seconds(130), { samples: [aSample(t0 + seconds(130), good)] });
    expect(late.status?.metricResults[0]?.nextDueAt).toBe(new Date(t0 + seconds(150)).toISOString());
  });
  test('an unchanged status is not written', () => {
    const { run } = drive(aRun(), inOrder(good), { forMs: seconds(45) });
    expect(plan(run, t0 + seconds(46)).status).toBeUndefined();
  });
});

describe('a server that asks for patience', () => {
  const patient = { kind: 'error', message: '429', retryAfterMs: seconds(75) } as const;
  test('is asked again no sooner', () => {
    const { asked } = drive(aRun({ metrics: [{ count: 1 }] }), inOrder(patient, good));
    expect(asked.map(({ atMs }) => atMs)).toEqual([0, seconds(75) + 100]);
  });
  test('also by a metric without interval', () => {
    expect(drive(aRun({ metrics: [{ interval: undefined }] }), inOrder(patient, good)).asked.map(({ atMs }) => atMs)).toEqual([
      0,
      seconds(75) + 100,
    ]);
  });
  test('not for longer than an hour', () => {
    const { asked } = drive(aRun({ metrics: [{ count: 1 }] }), inOrder({ ...patient, retryAfterMs: 1e12 }, good), { forMs: seconds(7200) });
    expect(asked.map(({ atMs }) => atMs)).toEqual([0, seconds(3600) + 100]);
  });
  test('a raise does not make it sooner, though something else wakes the run', () => {
    const run = aRun({ metrics: [windowed], rollout: {} });
    const asked = plan(run, t0 + seconds(10), {
      subject: aSubject(),
      samples: [aSample(t0 + seconds(10), patient, { windowStartedAtMs: t0 })],
    });
    const errored: AnalysisRun = { ...run, status: asked.status ?? run.status };
    expect(plan(errored, t0 + seconds(40), { subject: aSubject({ windowsSinceMs: t0 + seconds(12) }) })).toEqual({
      questions: [],
      wakeAtMs: t0 + seconds(85) + 100,
    });
  });
  test('a raise does not make it sooner', () => {
    const { asked } = drive(aRun({ metrics: [{ ...windowed, count: 1 }], rollout: {} }), inOrder(patient, good), {
      subject: (nowMs) => aSubject({ windowsSinceMs: nowMs > t0 + seconds(12) ? t0 + seconds(12) : t0 }),
    });
    expect(asked.map(({ atMs }) => atMs)).toEqual([seconds(10), seconds(85) + 100]);
  });
});

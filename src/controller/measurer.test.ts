import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResolvedProvider } from '../core/analysis/question.ts';
import { localFailure } from '../kube/failure.ts';
import { VirtualClock } from '../lib/clock.ts';
import { fail, ok } from '../lib/result.ts';
import type { MetricIo, MetricSource, MetricSources, SourceAnswer } from '../metrics/index.ts';
import { dialectOf } from '../metrics/index.ts';
import { type Asked, type MeasurementOrder, Measurer } from './measurer.ts';

/** A question under way at the scripted source. */
interface Open {
  readonly provider: ResolvedProvider;
  readonly io: MetricIo;
  readonly signal: AbortSignal;
  readonly answer: (answer: SourceAnswer) => void;
  readonly breakDown: (error: Error) => void;
}

interface OpenTogether {
  readonly providers: readonly ResolvedProvider[];
  readonly answer: (answers: readonly SourceAnswer[] | undefined) => void;
}

const value = (number: number): SourceAnswer => ({ kind: 'value', value: number });

/** A measurer over a source that answers when the test says so, and honours its signal. */
function aBed({ isTogether = false } = {}) {
  const clock = new VirtualClock();
  const open: Open[] = [];
  const together: OpenTogether[] = [];
  const finished: string[] = [];
  const asked: Asked[] = [];
  const source: MetricSource = {
    kind: 'prometheus',
    serverOf: (provider) => {
      if (provider.kind === 'trafficMetrics') return 'kubernetes';
      return 'address' in provider ? (provider.address ?? 'default') : 'default';
    },
    timeoutMsOf: () => 10_000,
    ask: (provider, io, signal) =>
      new Promise((resolve, reject) => {
        const settle = (answer: SourceAnswer) => {
          resolve(answer);
        };
        open.push({ provider, io, signal, answer: settle, breakDown: reject });
        signal.addEventListener('abort', () => settle({ kind: 'error', message: 'cut off' }), { once: true });
      }),
    ...(isTogether
      ? {
          together: {
            partyOf: () => 'all',
            ask: (providers) => new Promise((answer) => together.push({ providers, answer })),
          },
        }
      : {}),
  };
  const sources: MetricSources = () => source;
  const measurer = new Measurer({
    clock,
    sources,
    kubeGet: async () => fail(localFailure('network', 'no API server')),
    readSecret: async (namespace, ref) => ok(`${namespace}/${ref.name}/${ref.key}`),
    prometheusAddress: undefined,
    mesh: () => 'linkerd',
    onFinished: (run) => finished.push(run),
    onShareFinished: (rollout) => finished.push(`share of ${rollout}`),
    onAsked: (how) => asked.push(how),
  });
  return { clock, open, together, finished, asked, measurer };
}

const anOrder = (
  more: Partial<MeasurementOrder> & { readonly query?: string; readonly address?: string; readonly namespace?: string } = {},
): MeasurementOrder => {
  const { query = 'up', address, namespace = 'shop', ...rest } = more;
  const provider = { kind: 'prometheus', query, timeoutMs: 10_000, headers: [], ...(address === undefined ? {} : { address }) } as const;
  return { run: 'shop/web', runUid: 'u1', metric: 'm', question: { namespace, provider }, windowStartedAtMs: 5_000, ...rest };
};

describe('one question', () => {
  it('is answered later, and wakes its run', async () => {
    const { clock, open, finished, measurer } = aBed();
    measurer.ask(anOrder());
    expect(measurer.inFlight('shop/web')).toEqual(['m']);
    const startedAtMs = clock.nowMs();
    await clock.advance(2_000);
    expect(finished).toEqual([]);
    open[0]?.answer(value(0.9));
    await clock.advance(0);
    expect(finished).toEqual(['shop/web']);
    expect(measurer.inFlight('shop/web')).toEqual([]);
    const sample = {
      run: 'shop/web',
      runUid: 'u1',
      metric: 'm',
      windowStartedAtMs: 5_000,
      startedAtMs,
      finishedAtMs: startedAtMs + 2_000,
      asked: expect.any(String),
      answer: value(0.9),
    };
    expect(measurer.peek('shop/web')).toEqual([sample]);
    expect(measurer.take('shop/web')).toEqual([sample]);
    expect(measurer.take('shop/web')).toEqual([]);
  });

  it('of one metric is never open twice', async () => {
    const { clock, open, measurer } = aBed();
    for (let times = 0; times < 5; times++) measurer.ask(anOrder({ query: `q${times}` }));
    await clock.advance(0);
    expect(open).toHaveLength(1);
  });

  it('ends at its deadline as an error', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder());
    await clock.advance(10_000);
    expect(open[0]?.signal.aborted).toBe(true);
    expect(measurer.take('shop/web')).toMatchObject([{ answer: { kind: 'error' } }]);
  });

  it('whose source breaks is an error', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder());
    await clock.advance(0);
    open[0]?.breakDown(new Error('bug'));
    await clock.advance(0);
    expect(measurer.take('shop/web')).toMatchObject([{ answer: { kind: 'error', message: 'the source broke: bug' } }]);
  });

  it('is asked in the mesh of its Rollout, or in the one that was detected', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder({ mesh: 'istio' }));
    measurer.ask(anOrder({ metric: 'other', query: 'other' }));
    await clock.advance(0);
    expect(open.map(({ io }) => io.mesh)).toEqual(['istio', 'linkerd']);
  });

  it('reads Secrets of its own namespace only', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder({ namespace: 'team-a' }));
    await clock.advance(0);
    expect(await open[0]?.io.secret({ name: 's', key: 'k' }, new AbortController().signal)).toEqual(ok('team-a/s/k'));
  });

  it('of a longer window than asked began earlier', async () => {
    const { clock, open, measurer } = aBed();
    const subject = { namespace: 'shop', workload: 'w', service: 'w', rootService: 'r', split: 'r' };
    const provider = { kind: 'trafficMetrics', value: 'p99', resource: 'deployments', subject, windowMs: 10_000 } as const;
    measurer.ask(anOrder({ question: { namespace: 'shop', provider } }));
    await clock.advance(0);
    open[0]?.answer({ kind: 'value', value: 1, windowMs: 12_000 });
    await clock.advance(0);
    expect(measurer.take('shop/web')).toMatchObject([{ windowStartedAtMs: 3_000, answer: { kind: 'value', value: 1 } }]);
  });
});

describe('equal questions', () => {
  it('of many runs are asked once, and each gets its sample', async () => {
    const { clock, open, finished, measurer } = aBed();
    for (let number = 0; number < 100; number++) measurer.ask(anOrder({ run: `shop/r${number}`, runUid: `u${number}` }));
    await clock.advance(0);
    expect(open).toHaveLength(1);
    open[0]?.answer(value(1));
    await clock.advance(0);
    expect(finished).toHaveLength(100);
    expect(measurer.take('shop/r42')).toMatchObject([{ run: 'shop/r42', runUid: 'u42', answer: value(1) }]);
  });

  it('a moment later share the answer, and their window began that moment earlier', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder());
    await clock.advance(0);
    open[0]?.answer(value(1));
    await clock.advance(300);
    measurer.ask(anOrder({ run: 'shop/other', runUid: 'u2' }));
    expect(measurer.peek('shop/other')).toEqual([]);
    await clock.advance(0);
    expect(open).toHaveLength(1);
    expect(measurer.take('shop/other')).toMatchObject([{ windowStartedAtMs: 4_700 }]);
  });

  it('of the next sweep are asked anew, though the first is still open', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder());
    await clock.advance(600);
    measurer.ask(anOrder({ run: 'shop/other', runUid: 'u2' }));
    await clock.advance(0);
    expect(open).toHaveLength(2);
  });

  it('of the same metric never get an answer twice', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder());
    await clock.advance(0);
    open[0]?.answer(value(1));
    await clock.advance(100);
    measurer.ask(anOrder());
    await clock.advance(0);
    expect(open).toHaveLength(2);
  });

  it('with Secrets are equal within a namespace only', async () => {
    const { clock, open, measurer } = aBed();
    let number = 0;
    const headers = [{ key: 'Authorization', parts: [{ secret: { name: 's', key: 'k' } }] }];
    for (const namespace of ['a', 'a', 'b']) {
      const provider = { kind: 'prometheus', query: 'up', timeoutMs: 10_000, headers } as const;
      measurer.ask(anOrder({ run: `${namespace}/${open.length}`, runUid: `${namespace}${number++}`, question: { namespace, provider } }));
    }
    await clock.advance(0);
    expect(open).toHaveLength(2);
  });

  it('leave no trace after the sweep', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder());
    await clock.advance(0);
    open[0]?.answer(value(1));
    await clock.advance(500);
    measurer.take('shop/web');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('questions that can go together', () => {
  it('of many runs are one request in each quarter of a second, and each run gets its own answer', async () => {
    const { clock, open, together, finished, measurer } = aBed({ isTogether: true });
    const ask = (number: number) => measurer.ask(anOrder({ run: `shop/web-${number}`, runUid: `u${number}`, query: `q${number}` }));
    for (let number = 0; number < 10; number++) ask(number);
    await clock.advance(100);
    for (let number = 10; number < 20; number++) ask(number);
    await clock.advance(149);
    expect(together.map(({ providers }) => providers.length)).toEqual([10]);
    await clock.advance(1);
    expect(together.map(({ providers }) => providers.length)).toEqual([10, 10]);
    for (const { answer, providers } of together)
      answer(providers.map((provider) => value(Number('query' in provider && provider.query.slice(1)))));
    await clock.advance(0);
    expect([open, finished.length]).toEqual([[], 20]);
    const answers = Array.from({ length: 20 }, (_, number) => measurer.peek(`shop/web-${number}`).map(({ answer }) => answer));
    expect(answers).toEqual(Array.from({ length: 20 }, (_, number) => [value(number)]));
  });

  it('and are refused together are asked apart, eight at once', async () => {
    const { clock, open, together, finished, measurer } = aBed({ isTogether: true });
    for (let number = 0; number < 10; number++) measurer.ask(anOrder({ run: `shop/web-${number}`, query: `q${number}` }));
    await clock.advance(0);
    together[0]?.answer(undefined);
    await clock.advance(0);
    expect(open).toHaveLength(8);
    for (const { answer } of open) answer(value(1));
    await clock.advance(0);
    for (const { answer } of open.slice(8)) answer(value(1));
    await clock.advance(0);
    expect(finished).toHaveLength(10);
  });
});

describe('one server', () => {
  it('gets eight questions at once, in the order of asking, and holds up no other', async () => {
    const { clock, open, measurer } = aBed();
    for (let number = 0; number < 20; number++)
      measurer.ask(anOrder({ metric: `m${number}`, query: `q${number}`, address: 'http://slow' }));
    measurer.ask(anOrder({ metric: 'fast', address: 'http://fast' }));
    await clock.advance(0);
    const queries = () => open.map(({ provider }) => (provider.kind === 'prometheus' ? `${provider.address} ${provider.query}` : ''));
    expect(queries().filter((query) => query.includes('slow'))).toHaveLength(8);
    expect(queries()).toContain('http://fast up');
    open[3]?.answer(value(1));
    await clock.advance(0);
    expect(queries().at(-1)).toBe('http://slow q8');
  });

  it('that is too slow for its queue makes errors, not an ever longer wait', async () => {
    const { clock, open, measurer } = aBed();
    for (let number = 0; number < 20; number++) measurer.ask(anOrder({ metric: `m${number}`, query: `q${number}` }));
    await clock.advance(20_001);
    expect(measurer.inFlight('shop/web')).toEqual([]);
    expect(measurer.take('shop/web')).toHaveLength(20);
    expect(open.length).toBeLessThan(20);
  });
});

describe('samples', () => {
  it('stay until acknowledged, and newer ones stay behind', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder());
    await clock.advance(0);
    open[0]?.answer(value(1));
    await clock.advance(0);
    const seen = measurer.peek('shop/web');
    measurer.ask(anOrder());
    await clock.advance(0);
    open[1]?.answer(value(2));
    await clock.advance(0);
    measurer.acknowledge('shop/web', seen);
    expect(measurer.peek('shop/web')).toMatchObject([{ answer: value(2) }]);
  });

  it('that nobody takes stop their metric rather than pile up', async () => {
    const { clock, open, measurer } = aBed();
    for (let times = 0; times < 10; times++) {
      measurer.ask(anOrder());
      await clock.advance(0);
      open.at(-1)?.answer(value(times));
      await clock.advance(1_000);
    }
    expect(measurer.peek('shop/web').map(({ answer }) => answer)).toEqual([0, 1, 2, 3].map(value));
  });
});

describe('a run', () => {
  it('that is forgotten aborts what nobody else asks', async () => {
    const { clock, open, finished, measurer } = aBed();
    measurer.ask(anOrder());
    measurer.ask(anOrder({ metric: 'shared', query: 'shared' }));
    measurer.ask(anOrder({ run: 'shop/other', runUid: 'u2', metric: 'shared', query: 'shared' }));
    await clock.advance(0);
    measurer.forget('shop/web');
    expect(open.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    open[1]?.answer(value(1));
    await clock.advance(0);
    expect(finished).toEqual(['shop/other']);
    expect(measurer.peek('shop/web')).toEqual([]);
  });

  it('of another uid under the same name starts afresh', async () => {
    const { clock, open, measurer } = aBed();
    measurer.ask(anOrder());
    await clock.advance(0);
    expect([measurer.inFlight('shop/web', 'u1'), measurer.inFlight('shop/web', 'u2')]).toEqual([['m'], []]);
    measurer.ask(anOrder({ runUid: 'u2' }));
    await clock.advance(0);
    expect(open[0]?.signal.aborted).toBe(true);
    open[1]?.answer(value(2));
    await clock.advance(0);
    expect(measurer.take('shop/web')).toMatchObject([{ runUid: 'u2', answer: value(2) }]);
  });
});

describe('the share', () => {
  const subject = (name: string) => ({ namespace: 'shop', workload: name, service: name, rootService: 'web', split: 'web' });
  const question = (windowStartedAtMs: number, kind: 'prometheus' | 'trafficMetrics' = 'trafficMetrics') => ({
    canary: subject('new'),
    stable: subject('old'),
    windowStartedAtMs,
    windowMs: 10_000,
    via: kind === 'trafficMetrics' ? ({ kind } as const) : ({ kind, dialect: dialectOf('istio') ?? expect.fail() } as const),
  });

  it('is read in the background and kept', async () => {
    const { clock, open, finished, asked, measurer } = aBed();
    measurer.askShare('shop/web', question(1));
    measurer.askShare('shop/web', question(1));
    expect(measurer.isAskingShare('shop/web')).toBe(true);
    expect(measurer.share('shop/web')).toBeUndefined();
    await clock.advance(0);
    expect(open).toHaveLength(2);
    open[0]?.answer(value(10));
    open[1]?.answer(value(90));
    await clock.advance(0);
    expect(finished).toEqual(['share of shop/web']);
    expect(asked).toEqual([{ source: 'trafficMetrics', hasFailed: false, isShare: true }]);
    expect(measurer.share('shop/web')).toMatchObject({ windowStartedAtMs: 1, canaryRequests: 10, stableRequests: 90 });
    measurer.forgetShare('shop/web');
    expect(measurer.share('shop/web')).toBeUndefined();
  });

  it('of a window that slides is not asked anew while the first question is open', async () => {
    const { clock, open, measurer } = aBed();
    for (let times = 0; times < 5; times++) {
      measurer.askShare('shop/web', question(1 + times * 1_000));
      await clock.advance(1_000);
    }
    expect(open).toHaveLength(2);
    expect(open.some(({ signal }) => signal.aborted)).toBe(false);
  });

  it.each([
    ['of a window after the open one', question(10_002)],
    ['of another canary', { ...question(1), canary: subject('newer') }],
  ])('%s replaces the open question', async (_, newer) => {
    const { clock, open, measurer } = aBed();
    measurer.askShare('shop/web', question(1));
    await clock.advance(0);
    measurer.askShare('shop/web', newer);
    await clock.advance(0);
    expect(open.map(({ signal }) => signal.aborted)).toEqual([true, true, false, false]);
    for (const each of open) each.answer(value(1));
    await clock.advance(0);
    expect(measurer.share('shop/web')).toMatchObject({ windowStartedAtMs: newer.windowStartedAtMs });
  });

  it('that cannot be asked is a reading with a failure', async () => {
    const { clock, asked, measurer } = aBed();
    measurer.askShare('shop/web', question(1, 'prometheus'));
    await clock.advance(0);
    expect(asked).toEqual([
      { source: 'prometheus', hasFailed: true, outage: expect.stringMatching(/cannot be asked: no address/), isShare: true },
    ]);
    expect(measurer.share('shop/web')).toMatchObject({ failure: expect.stringContaining('no address'), hasSeries: false });
  });
});

describe('closing', () => {
  it('aborts everything and announces nothing', async () => {
    const { clock, open, finished, measurer } = aBed();
    for (let number = 0; number < 12; number++) measurer.ask(anOrder({ metric: `m${number}`, query: `q${number}` }));
    await clock.advance(0);
    measurer.close();
    measurer.ask(anOrder({ metric: 'late' }));
    await clock.advance(60_000);
    expect(open).toHaveLength(8);
    expect(open.every(({ signal }) => signal.aborted)).toBe(true);
    expect(finished).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('whatever happens', () => {
  const number = (max: number) => fc.integer({ min: 0, max });
  const event = fc.oneof(
    fc.record({ kind: fc.constant('ask' as const), run: number(5), metric: number(3), query: number(6) }),
    fc.record({ kind: fc.constant('answer' as const), nth: number(20) }),
    fc.record({ kind: fc.constant('take' as const), run: number(5) }),
    fc.record({ kind: fc.constant('forget' as const), run: number(5) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(0, 100, 499, 600, 4_000) }),
  );

  it('each accepted question gives one sample or is forgotten, eight at once, and nothing is left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 60 }), async (events) => {
        const { clock, open, finished, measurer } = aBed();
        const answered = new Set<Open>();
        const expected = new Map<string, number>();
        const taken = new Map<string, number>();
        const add = (counts: Map<string, number>, run: string, by: number) => counts.set(run, (counts.get(run) ?? 0) + by);
        for (const each of events) {
          if (each.kind === 'ask') {
            const run = `shop/r${each.run}`;
            const before = measurer.inFlight(run).length;
            measurer.ask(anOrder({ run, runUid: run, metric: `m${each.metric}`, query: `q${each.query}` }));
            add(expected, run, measurer.inFlight(run).length - before);
          } else if (each.kind === 'take') add(taken, `shop/r${each.run}`, measurer.take(`shop/r${each.run}`).length);
          else if (each.kind === 'forget') {
            const run = `shop/r${each.run}`;
            measurer.forget(run);
            expected.delete(run);
            taken.delete(run);
          } else if (each.kind === 'pass') await clock.advance(each.ms);
          else {
            const waiting = open.filter((question) => !answered.has(question) && !question.signal.aborted);
            const chosen = waiting[each.nth % Math.max(1, waiting.length)];
            if (chosen !== undefined) answered.add(chosen);
            chosen?.answer(value(1));
            await clock.advance(0);
          }
          const underWay = open.filter((question) => !answered.has(question) && !question.signal.aborted);
          expect(underWay.length).toBeLessThanOrEqual(8);
        }
        await clock.advance(60_000);
        for (const [run, count] of expected) expect((taken.get(run) ?? 0) + measurer.take(run).length).toBe(count);
        expect(finished.every((run) => measurer.inFlight(run).length === 0)).toBe(true);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

import { isObject, type Result } from '../../lib/index.ts';
import type { LatencyState, RateState, Refusal, Verdict } from './compare/index.ts';
import { addLatency, addRates, latencyVerdict, rateVerdict, startLatency, startRates } from './compare/index.ts';
import type { Judgement } from './judge.ts';
import { unmeasured } from './judge.ts';
import type { Metric } from './metric.ts';
import type { Answer } from './question.ts';
import type { MetricResult } from './run.ts';

/** The comparison as status keeps it. */
export type Comparison = NonNullable<MetricResult['comparison']>;

/** What a window of both sides is worth, and the test with it; `test` absent: nothing was added. */
export interface Compared {
  readonly judgement: Judgement;
  readonly test?: Pick<Comparison, 'state' | 'verdict'>;
}

type Settings = NonNullable<Metric['compare']>;

/** Worse is a Fail, not worse by more than minEffect is a Pass; what is not known yet is NoData, and its policy applies. */
export function judgeComparison(metric: Metric, stored: Comparison | undefined, answer: Answer): Compared {
  const settings = metric.compare;
  if (settings === undefined) return { judgement: { result: 'Invalid', message: 'the metric compares nothing' } };
  switch (answer.kind) {
    case 'noData':
    case 'error':
    case 'invalid':
      return { judgement: unmeasured(answer) };
    case 'value':
    case 'json':
      return { judgement: { result: 'Invalid', message: 'the answer has no two sides' } };
    case 'rates': {
      const { canary, stable } = answer;
      const few = tooFew(metric, canary.total, stable.total);
      if (few !== undefined) return few;
      const state = stateOf<RateState>(stored, 'rates') ?? startRates(settings);
      const seen = { value: share(canary.successes, canary.total), requests: canary.total };
      return settled(addRates(state, answer), rateVerdict, { seen, beside: answer.message });
    }
    case 'latencies': {
      const { canary, stable, bounds } = answer;
      const few = tooFew(metric, canary.total, stable.total);
      if (few !== undefined) return few;
      const started = stateOf<LatencyState>(stored, 'latency');
      const other = started !== undefined && started.bounds.join() !== bounds.join();
      if (other) return { judgement: { result: 'Invalid', message: 'the buckets of the histogram have changed since the test began' } };
      const quantile = quantileOf(metric);
      if (quantile === undefined) return { judgement: { result: 'Invalid', message: 'no quantile is asked for' } };
      const state = started ?? startLatency({ ...testOf(settings), quantile, bounds });
      return settled(addLatency(state, answer), latencyVerdict, { seen: { requests: canary.total }, beside: answer.message });
    }
  }
}

const testOf = ({ alpha, minEffect }: Settings) => ({ alpha, minEffect });

/** A side without the requests that were asked for says nothing, and is not added: small windows are not thrown away by looking twice. */
function tooFew({ minRequests = 0 }: Metric, canary: number, stable: number): Compared | undefined {
  const [side, requests] = canary <= stable ? ['canary', canary] : ['stable', stable];
  return Number.isFinite(requests) && requests < minRequests
    ? { judgement: { result: 'NoData', requests: canary, message: `${side}: ${requests} requests < minRequests ${minRequests}` } }
    : undefined;
}

interface Beside {
  readonly seen: Pick<Judgement, 'value' | 'requests'>;
  readonly beside: string | undefined;
}

function settled<State>(added: Result<State, Refusal>, verdictOf: (state: State) => Verdict, { seen, beside }: Beside): Compared {
  const said = (message: string) => (beside === undefined ? message : `${message}; ${beside}`);
  if (!added.ok) {
    const { kind, message } = added.failure;
    return { judgement: { result: kind === 'invalid' ? 'Invalid' : 'NoData', message: said(message) } };
  }
  const { kind, message } = verdictOf(added.value);
  const results = { worse: 'Fail', notWorse: 'Pass', unknown: 'NoData' } as const;
  return {
    judgement: { ...seen, result: results[kind], message: said(message) },
    test: { state: JSON.stringify(added.value), verdict: kind },
  };
}

/** A state that cannot be read, or of another test, is as if nothing had been seen: the test begins again, which is sound. */
function stateOf<State extends RateState | LatencyState>(stored: Comparison | undefined, kind: State['kind']): State | undefined {
  if (stored === undefined) return undefined;
  try {
    const read: unknown = JSON.parse(stored.state);
    return isObject(read) && read.kind === kind ? (read as unknown as State) : undefined;
  } catch {
    return undefined;
  }
}

const share = (successes: number, total: number): string => String(Number((successes / total).toPrecision(6)));

const quantiles: Readonly<Record<string, number>> = { p50: 0.5, p90: 0.9, p99: 0.99 };
const quantileOf = ({ provider }: Metric): number | undefined => quantiles[provider.prometheus?.builtin ?? ''];

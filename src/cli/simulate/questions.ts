import {
  type AnalysisRun,
  askingOf,
  judge,
  type Measurement,
  type Metric,
  type Question,
  type Scope,
  scopeOf,
} from '../../core/analysis/index.ts';
import { revisionName } from '../../core/names.ts';
import { failureFromStatus } from '../../kube/index.ts';
import { type Clock, fail, ok, type Result } from '../../lib/index.ts';
import { createSources, type MetricIo } from '../../metrics/index.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { inProcess, nowhere, type Simulation } from '../../simulation/index.ts';
import { providers } from '../../traffic/index.ts';
import type { Scenario } from './scenario.ts';
import type { Watch } from './watch.ts';

/** Asks what the controller would ask, at this very moment, without it. */
export interface Observer {
  ask(run: AnalysisRun, metric: Metric): Promise<Measurement['result']>;
}

export function createObserver({ sandbox, clock }: Pick<Simulation, 'sandbox' | 'clock'>, scenario: Scenario, watch: Watch): Observer {
  const sources = createSources();
  const { signal } = new AbortController();
  const { prometheus } = sandbox.metrics ?? {};
  const io: MetricIo = {
    ...{ clock, prometheusAddress: 'http://prometheus:9090', mesh: providers[scenario.provider].dialect },
    kubeGet: async (path, query) => getFrom(sandbox, path, query),
    secret: async ({ name }) => fail(`Secret ${name} is not there`),
    webExchange: nowhere,
    ...(prometheus === undefined ? {} : { instantQuery: inProcess(prometheus, atOnce, () => 0) }),
  };
  return {
    async ask(run, metric) {
      const { weight, step } = watch.status ?? {};
      const place = { weight: weight?.desired ?? 0, step: step?.index ?? 0 };
      const question = questionOf(run, metric, scenario, place);
      if (!question.ok) return 'Invalid';
      const answer = await sources(question.value.provider.kind).ask(question.value.provider, io, signal);
      return judge(metric, answer, scopeAt(run, scenario, place)).result;
    },
  };
}

/** For answers that take no time: it stands still while they are awaited. */
const atOnce: Pick<Clock, 'after'> = {
  after(_, fire) {
    queueMicrotask(fire);
    return () => {};
  },
};

/** The question of a metric whose weight was confirmed long ago. */
export function questionOf(run: AnalysisRun, metric: Metric, scenario: Scenario, place: Place): Result<Question, string> {
  const { namespace, split } = scenario;
  const asking = askingOf(metric, scopeAt(run, scenario, place), { namespace, split });
  return asking.ok ? ok(asking.value.question) : fail(asking.failure.map(({ message }) => message).join('; '));
}

function scopeAt(run: AnalysisRun, { namespace, name, service }: Scenario, place: Place): Scope {
  const { revision = '', stableRevision = '' } = run.spec.rollout ?? {};
  const [canary, stable] = [revisionName(name, revision), revisionName(name, stableRevision)];
  return scopeOf(run.spec.args, {
    ...{ namespace, rollout: name, service, canaryService: canary, stableService: stable, canaryWorkload: canary, stableWorkload: stable },
    ...{ revision, weight: String(place.weight), step: String(place.step) },
  });
}

export interface Place {
  readonly weight: number;
  readonly step: number;
}

/** The metric's own PromQL, as it was asked. */
export function queriesAsked(run: AnalysisRun, metric: Metric, scenario: Scenario): readonly string[] {
  const question = questionOf(run, metric, scenario, { weight: 1, step: 0 });
  if (!question.ok || question.value.provider.kind !== 'prometheus') return [];
  const { query, countQuery } = question.value.provider;
  return countQuery === undefined ? [query] : [query, countQuery];
}

function getFrom({ api }: Sandbox, path: string, query: Readonly<Record<string, string>>): ReturnType<typeof resultOf> {
  return resultOf(api.request({ method: 'GET', path, query, headers: { accept: 'application/json' } }));
}

const resultOf = ({ status, body }: ReturnType<Sandbox['api']['request']>) =>
  status < 300 ? ok(body as unknown) : fail(failureFromStatus({ status, body: JSON.stringify(body ?? {}), isWrite: false }));

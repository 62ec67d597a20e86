import { conditionProblem, resultKindOf } from './condition.ts';
import { jsonPathOf } from './json-path.ts';
import type { Argument, Metric } from './metric.ts';
import type { Problem } from './problem.ts';
import { below, within } from './problem.ts';

/**
 * The rules between the fields of a metric: the paragraph "Shapes" of the contract. What a single field can say for itself
 * (a negative limit, a count of 0) the schema says. All problems are found at once.
 */
export const metricProblems = (metrics: readonly Metric[]): readonly Problem[] =>
  below('metrics', [
    ...metrics.flatMap((metric, index) => problemsOf(metric).map((problem) => within(index, problem))),
    ...duplicateNames(metrics),
  ]);

/** Problems of a list of arguments, with paths below it. */
export const argumentListProblems = (args: readonly Argument[]): readonly Problem[] => [
  ...args.flatMap(({ value, valueFrom }, index) =>
    value !== undefined && valueFrom !== undefined ? [{ path: [index], message: 'value and valueFrom exclude each other' }] : [],
  ),
  ...duplicateNames(args),
];

/** Two items of one name: the later one is the problem; paths below the list. */
export function duplicateNames(items: readonly { readonly name: string }[]): readonly Problem[] {
  return items.flatMap(({ name }, index) => {
    const first = items.findIndex((item) => item.name === name);
    return first === index ? [] : [{ path: [index, 'name'], message: `"${name}" is given twice` }];
  });
}

/** Problems of one metric, with paths below it. */
export const problemsOf = (metric: Metric): readonly Problem[] => [
  ...criterionProblems(metric),
  ...conditionProblems(metric),
  ...scheduleProblems(metric),
  ...providerProblems(metric),
  ...compareProblems(metric),
];

const at = (path: string, message: string): Problem => ({ path: path === '' ? [] : path.split('.'), message });

function criterionProblems({ thresholdRange: range, successCondition, failureCondition, compare }: Metric): readonly Problem[] {
  const problems: Problem[] = [];
  const found = [
    ...(range === undefined ? [] : ['thresholdRange']),
    ...(successCondition === undefined && failureCondition === undefined ? [] : ['conditions']),
    ...(compare === undefined ? [] : ['compare']),
  ];
  if (found.length === 0) problems.push(at('', 'needs exactly one of thresholdRange, successCondition or failureCondition, compare'));
  if (found.length > 1) problems.push(at('', `has ${found.join(' and ')}; exactly one is allowed`));
  if (range !== undefined && range.min === undefined && range.max === undefined)
    problems.push(at('thresholdRange', 'needs min, max or both'));
  if (range?.min !== undefined && range.max !== undefined && range.min > range.max) {
    problems.push(at('thresholdRange', `min ${range.min} must not be greater than max ${range.max}`));
  }
  return problems;
}

function conditionProblems(metric: Metric): readonly Problem[] {
  return (['successCondition', 'failureCondition'] as const).flatMap((field) => {
    const text = metric[field];
    const problem = text === undefined ? undefined : conditionProblem(text, resultKindOf(metric));
    return problem === undefined ? [] : [at(field, problem)];
  });
}

function scheduleProblems(metric: Metric): readonly Problem[] {
  const { interval, count, failureLimit, consecutiveSuccessLimit } = metric;
  const problems: Problem[] = [];
  if (interval !== undefined && interval < 1000) problems.push(at('interval', 'must be at least 1s'));
  if (count !== undefined && count > 1 && interval === undefined) problems.push(at('count', 'more than 1 needs an interval'));
  const total = count ?? (interval === undefined ? 1 : undefined);
  if (total !== undefined && failureLimit >= total) {
    problems.push(at('failureLimit', `must be less than count (${total}), or the metric could never fail`));
  }
  if (total !== undefined && consecutiveSuccessLimit !== undefined && consecutiveSuccessLimit > total) {
    problems.push(at('consecutiveSuccessLimit', `must not be greater than count (${total})`));
  }
  return problems;
}

function providerProblems({ minRequests, provider }: Metric): readonly Problem[] {
  const { prometheus, trafficMetrics, web } = provider;
  const problems: Problem[] = [];
  if (prometheus?.countQuery !== undefined && prometheus.query === undefined) {
    problems.push(at('provider.prometheus.countQuery', 'goes with query'));
  }
  if (prometheus?.tls?.ca !== undefined && prometheus.tls.caSecretRef !== undefined) {
    problems.push(at('provider.prometheus.tls', 'ca and caSecretRef exclude each other'));
  }
  if (trafficMetrics?.window !== undefined && trafficMetrics.window < 1000)
    problems.push(at('provider.trafficMetrics.window', 'must be at least 1s'));
  if (prometheus !== undefined && prometheus.timeout <= 0) problems.push(at('provider.prometheus.timeout', 'must be positive'));
  if (web !== undefined && web.timeout <= 0) problems.push(at('provider.web.timeout', 'must be positive'));
  const path = web === undefined ? undefined : jsonPathOf(web.jsonPath);
  if (path?.ok === false) problems.push(at('provider.web.jsonPath', path.failure));
  const isCounted = web === undefined && (prometheus?.query === undefined || prometheus.countQuery !== undefined);
  if (minRequests !== undefined && !isCounted) {
    problems.push(at('minRequests', 'no number of requests can be known here: give prometheus.countQuery, a builtin or trafficMetrics'));
  }
  return problems;
}

function compareProblems({ compare, provider }: Metric): readonly Problem[] {
  if (compare === undefined) return [];
  const { prometheus, trafficMetrics, web } = provider;
  if (web !== undefined) return [at('compare', 'web gives no counts to compare')];
  if (trafficMetrics !== undefined && trafficMetrics.value !== 'successRate') {
    return [at('compare', `trafficMetrics ${trafficMetrics.value} gives no counts to compare; only successRate does`)];
  }
  if (prometheus?.builtin === 'requests') return [at('compare', 'requests is a count itself; compare success rates or latencies')];
  if (prometheus?.query !== undefined && prometheus.countQuery === undefined) return [at('compare', 'a query needs its countQuery')];
  return [];
}

import type { Metric } from '../../core/analysis/index.ts';
import { remarksOn } from '../../core/analysis/index.ts';
import type { RolloutSpec } from '../../core/rollout.ts';
import { formatDuration } from '../../lib/index.ts';
import type { Analysis } from './analyses.ts';
import { type Finding, finding } from './findings.ts';
import type { MetricUse } from './metric-uses.ts';
import { chanceAbove, confidence, requestsToTell } from './odds.ts';
import { type Quality, shareText, slowerShare } from './quality.ts';
import type { Settings } from './settings.ts';
import { pausesMsOf, type Stretch } from './timeline.ts';

/** What warnings are drawn from: the Rollout as it will be played. */
export interface Plan {
  readonly spec: RolloutSpec;
  readonly analyses: readonly Analysis[];
  readonly uses: readonly MetricUse[];
  readonly stretches: readonly Stretch[];
  readonly settings: Settings;
  /** Undefined: as good as stable. */
  readonly release: Quality | undefined;
}

type Warn = (plan: Plan) => readonly Finding[];

/** Those of them that no traffic has to be assumed for. */
export const writtenWarningsOf = (plan: Plan): readonly Finding[] => distinct(writtenWarnings.flatMap((warn) => warn(plan)));

/** A Rollout that could not catch its own example: said before a single request is sent. */
export const warningsOf = (plan: Plan): readonly Finding[] => distinct(warnings.flatMap((warn) => warn(plan)));

const distinct = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ message }, index) => findings.findIndex((other) => other.message === message) === index);

const text = formatDuration;
const percent = (weight: number): string => `${weight} %`;
const counted = (count: number): string => String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
const judged = (uses: readonly MetricUse[]): readonly MetricUse[] => uses.filter(({ metric }) => !metric.dryRun);

/** What a person calls a step: they count from 1, as `status.step.label` does. */
const placeOf = ({ weight, step }: Stretch): string =>
  step === undefined ? `${percent(weight)} (after the last step)` : `${percent(weight)} (step ${step + 1})`;

const noAnalysis: Warn = ({ uses }) => {
  if (judged(uses).length > 0) return [];
  const why = uses.length === 0 ? 'the Rollout has no analysis' : 'no metric is left that judges anything (dry runs do not)';
  return [finding('NoAnalysis', `${why}: only pods that are not ready, or crash, roll a release back`)];
};

/** Where a use of a metric judges: a background analysis everywhere, that of a step in its stretch, that of the bake at the end. */
function stretchesUnder({ kind, step }: MetricUse, { stretches, spec }: Plan): readonly Stretch[] {
  if (kind === 'AfterPromotion') return stretches.slice(-1);
  if (kind === 'Step') return stretches.filter(({ analyses }) => step !== undefined && analyses.includes(step));
  const from = spec.strategy.canary.analysis?.startingStep ?? 0;
  return stretches.filter((stretch) => (stretch.step ?? Number.POSITIVE_INFINITY) >= from);
}

const windowLongerThanStep: Warn = (plan) =>
  judged(plan.uses).flatMap((use) => {
    const { metric, windowMs, isCut, kind } = use;
    if (kind === 'Step') return [];
    const short = stretchesUnder(use, plan).filter(({ pausesMs }) => pausesMs > 0 && pausesMs < windowMs);
    const [first] = short;
    if (first === undefined) return [];
    const isAwaited = plan.spec.strategy.canary.analysis?.evidence !== 'Running' || kind === 'AfterPromotion';
    const effect = isCut
      ? `its window is cut to the time that there is, and holds fewer requests`
      : isAwaited
        ? `the step takes ${text(windowMs)} instead, until a whole window has passed`
        : `the step is over before the metric has judged it`;
    const where = short.length === 1 ? placeOf(first) : `${short.length} steps, first ${placeOf(first)}`;
    return [
      finding(
        'WindowLongerThanStep',
        `metric "${metric.name}" looks back ${text(windowMs)}, and ${where} lasts ${text(first.pausesMs)}: ${effect}`,
        metric.name,
      ),
    ];
  });

/** The window that a metric's measurements at a stretch have; one that is asked once is asked as soon as ten seconds have passed. */
const seenMs = ({ metric, windowMs, isCut }: MetricUse): number =>
  isCut && metric.interval === undefined ? Math.min(windowMs, askedOnceMs) : windowMs;
const askedOnceMs = 10_000;

const requestsIn = (use: MetricUse, { weight }: Stretch, perSecond: number): number => (perSecond * weight * seenMs(use)) / 100_000;

/** What a metric lets pass and what the release does, both as shares of requests; undefined: the metric is not of that kind. */
function ratesOf(
  { provider, thresholdRange }: Metric,
  { errorRate, p99Ms }: Quality,
): { readonly rate: number; readonly allowed: number; readonly what: string } | undefined {
  const { min, max } = thresholdRange ?? {};
  const { prometheus, trafficMetrics } = provider;
  const builtin = prometheus?.builtin ?? trafficMetrics?.value;
  const failing = (allowed: number) => ({
    rate: errorRate,
    allowed,
    what: `${shareText(errorRate)} of errors from the ${shareText(allowed)} that are allowed`,
  });
  if (builtin === 'successRate') return min === undefined ? undefined : failing(1 - min);
  const quantile = builtin === undefined ? quantileIn(prometheus?.query ?? '') : quantiles[builtin];
  if (quantile !== undefined && max !== undefined) {
    const limitMs = builtin === undefined && isInSeconds(prometheus?.query ?? '') ? max * 1_000 : max;
    const allowed = Number((1 - quantile).toFixed(6));
    return {
      rate: slowerShare({ p99Ms }, limitMs),
      allowed,
      what: `a p99 of ${Math.round(p99Ms)} ms from the ${limitMs} ms that are allowed`,
    };
  }
  if (builtin !== undefined || prometheus?.query?.includes('/') !== true) return undefined;
  if (min !== undefined && min > 0.5 && min <= 1) return failing(1 - min);
  return max !== undefined && max > 0 && max < 0.5 ? failing(max) : undefined;
}

const quantiles: Readonly<Record<string, number | undefined>> = { p50: 0.5, p90: 0.9, p99: 0.99 };

function quantileIn(query: string): number | undefined {
  const quantile = Number(/histogram_quantile\s*\(\s*([0-9.]+)/.exec(query)?.[1]);
  return quantile > 0 && quantile < 1 ? quantile : undefined;
}

const isInSeconds = (query: string): boolean => /_seconds_bucket/.test(query) && !/1000|1e3/.test(query);

const tooFewRequests: Warn = (plan) => {
  const { release, settings, uses } = plan;
  if (release === undefined || release.isNeverReady || release.isCrashLooping) return [];
  return judged(uses).flatMap((use) => {
    const found = ratesOf(use.metric, release);
    const needed = found === undefined ? undefined : requestsToTell(found.rate, found.allowed);
    const under = stretchesUnder(use, plan);
    const [first] = under;
    if (found === undefined || needed === undefined || first === undefined) return [];
    const there = requestsIn(use, first, settings.perSecond);
    if (there >= needed) return [];
    const enough = under.find((stretch) => requestsIn(use, stretch, settings.perSecond) >= needed);
    const later = enough === undefined ? 'at no weight are there enough' : `there are enough from ${placeOf(enough)} on`;
    return [
      finding(
        'TooFewRequests',
        `metric "${use.metric.name}" sees about ${counted(there)} requests in ${text(seenMs(use))} at ${placeOf(first)}; it takes ${counted(needed)} to tell ${found.what} with ${Math.round(100 * confidence)} % certainty: ${later}`,
        use.metric.name,
      ),
    ];
  });
};

const minRequestsUnreachable: Warn = (plan) =>
  judged(plan.uses).flatMap((use) => {
    const { metric } = use;
    const fewest = metric.minRequests ?? 1;
    const silent = stretchesUnder(use, plan).filter((stretch) => requestsIn(use, stretch, plan.settings.perSecond) < fewest);
    const [first] = silent;
    if (first === undefined || (metric.minRequests === undefined && plan.settings.perSecond > 0)) return [];
    const where = silent.length === 1 ? placeOf(first) : `${silent.length} steps, first ${placeOf(first)}`;
    const wants = metric.minRequests === undefined ? 'needs traffic' : `has minRequests: ${metric.minRequests}`;
    return [
      finding(
        'MinRequestsUnreachable',
        `metric "${metric.name}" ${wants}, and sees about ${counted(requestsIn(use, first, plan.settings.perSecond))} requests in ${text(seenMs(use))} at ${where}: it says nothing there, and nothing never passes`,
        metric.name,
      ),
    ];
  });

const askedTooSoon: Warn = (plan) =>
  judged(plan.uses).flatMap(({ metric, kind, windowMs }) => {
    if (kind === 'Step') return [];
    const [first] = plan.stretches;
    const isBake = kind === 'AfterPromotion';
    const lengthMs = isBake ? (plan.spec.strategy.canary.afterPromotion?.duration ?? 0) : pausesMsOf(plan.stretches);
    const message = (text: string) => [finding('AskedTooSoon', `metric "${metric.name}" ${text}`, metric.name)];
    if (metric.interval === undefined) {
      if (isBake) return message('has no interval: it is asked once, at the beginning of the bake, and never again');
      return plan.stretches.length < 2 || first === undefined
        ? []
        : message(`has no interval: it is asked once, at ${placeOf(first)}, and never again`);
    }
    if (metric.count === undefined) return [];
    const endsMs = metric.initialDelay + windowMs + (metric.count - 1) * metric.interval;
    if (endsMs >= lengthMs || lengthMs === 0) return [];
    return message(
      `ends after count ${metric.count}, about ${text(endsMs)} after the first traffic; ${isBake ? 'the bake' : 'the release'} takes ${text(lengthMs)}: what comes later is not judged`,
    );
  });

const highWeight = 50;

const firstWeightHigh: Warn = ({ stretches }) => {
  const [first] = stretches;
  if (first === undefined || first.weight < highWeight) return [];
  return [
    finding(
      'FirstWeightHigh',
      `the first weight is ${percent(first.weight)}: that many of all requests reach a bad release before anything has judged it`,
    ),
  ];
};

const limitOutlastsRollout: Warn = (plan) =>
  judged(plan.uses).flatMap(({ metric, kind }) => {
    if (metric.interval === undefined || kind === 'Step') return [];
    const lengthMs = kind === 'AfterPromotion' ? (plan.spec.strategy.canary.afterPromotion?.duration ?? 0) : pausesMsOf(plan.stretches);
    const { failureLimit, consecutiveErrorLimit, interval } = metric;
    const slow = (field: string, limit: number, what: string) =>
      limit > 0 && lengthMs > 0 && limit * interval > lengthMs
        ? [
            finding(
              'LimitOutlastsRollout',
              `metric "${metric.name}" has ${field}: ${limit} and an interval of ${text(interval)}: ${limit + 1} ${what} take ${text(limit * interval)}, and the pauses take ${text(lengthMs)}`,
              metric.name,
            ),
          ]
        : [];
    return [...slow('failureLimit', failureLimit, 'failures'), ...slow('consecutiveErrorLimit', consecutiveErrorLimit, 'errors in a row')];
  });

/** How little of bad luck rolls a good release back: where a single failed request is more than is allowed. */
const oneFailureIsEnough: Warn = (plan) => {
  const { settings, uses } = plan;
  return judged(uses).flatMap((use) => {
    const { metric } = use;
    const found = ratesOf(metric, { ...settings.stable, errorRate: assumedErrorRate });
    const [first] = stretchesUnder(use, plan);
    if (found === undefined || first === undefined || !found.what.includes('of errors') || metric.failureLimit > 0) return [];
    const there = requestsIn(use, first, settings.perSecond);
    if (there < (metric.minRequests ?? 1) || there * found.allowed >= 1) return [];
    const chance = chanceAbove(Math.round(there), assumedErrorRate, found.allowed);
    return [
      finding(
        'OneFailureIsEnough',
        `metric "${metric.name}" fails at ${placeOf(first)} by a single failed request of about ${counted(there)}: of a good release with ${shareText(assumedErrorRate)} of errors, ${shareText(chance)} of such measurements fail`,
        metric.name,
      ),
    ];
  });
};
const assumedErrorRate = 0.001;

const comparisons: Warn = ({ uses }) =>
  remarksOn(uses.map(({ metric }) => metric)).map(({ reason, message, metric }) => finding(reason, message, metric));
const writtenWarnings: readonly Warn[] = [noAnalysis, windowLongerThanStep, askedTooSoon, firstWeightHigh, limitOutlastsRollout];

const warnings: readonly Warn[] = [
  ...[noAnalysis, windowLongerThanStep, tooFewRequests, minRequestsUnreachable, oneFailureIsEnough],
  ...[askedTooSoon, firstWeightHigh, limitOutlastsRollout, comparisons],
];

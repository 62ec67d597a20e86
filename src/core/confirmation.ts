import type { ShareQuestion } from './plan.ts';
import type { WeightStatus } from './rollout.ts';
import type { ShareReading, ShareView } from './world.ts';

/**
 * Does the data plane follow the weight? Three rungs, strongest first: the share that metrics show, the adapter's own object, an elapsed
 * bound. A contradiction on either of the first two holds whatever time passes; the elapsed bound counts only where neither can be seen.
 */
export type Confirmation =
  | { readonly kind: 'confirmed'; readonly by: NonNullable<WeightStatus['confirmedBy']>; readonly observed: number | undefined }
  | { readonly kind: 'waiting'; readonly why: string; readonly wakeAtMs: number | undefined; readonly share: ShareQuestion | undefined };

export interface ConfirmationFacts {
  readonly nowMs: number;
  /** Percent to the canary, as the split says it. */
  readonly weight: number;
  /** Percent before it: a reading must be able to tell the two apart. */
  readonly previousWeight: number;
  /** When the split was written; the windows of readings begin after it. */
  readonly writtenAtMs: number;
  /** The weight before was never confirmed: the adapter's object may agree because it has heard of neither. */
  readonly isHasty: boolean;
  /** Metrics were seen to contradict this weight, and that is written down: that they cannot be asked any more unsays nothing. */
  readonly wasContradicted: boolean;
  readonly maxLagMs: number;
  readonly timeoutMs: number;
  readonly adapter: { readonly kind: 'unseen' } | { readonly kind: 'agrees' } | { readonly kind: 'contradicts'; readonly message: string };
  readonly share: ShareView;
  /** Services whose requests are counted; absent where there is no canary to tell apart. */
  readonly services: { readonly canary: string; readonly stable: string } | undefined;
}

/** A reading over less than this rests on too few scrapes. */
const shortestWindowMs = 10_000;
/** However short the timeout: a share that nobody has had the time to look at is not one that cannot be seen. */
const soonestBlindMs = 2 * shortestWindowMs;
const fewestRequests = 30;
const askEveryMs = 2_000;

export function confirm(facts: ConfirmationFacts): Confirmation {
  const metrics = metricsRung(facts);
  if (facts.adapter.kind === 'contradicts') return waiting(facts, facts.adapter.message);
  if (metrics.kind === 'contradicts') return waiting(facts, metrics.message);
  if (metrics.kind === 'agrees') return { kind: 'confirmed', by: 'Metrics', observed: metrics.observed };
  const hasHadItsLag = facts.nowMs >= facts.writtenAtMs + facts.maxLagMs;
  if (facts.adapter.kind === 'agrees' && (!facts.isHasty || hasHadItsLag)) return { kind: 'confirmed', by: 'Adapter', observed: undefined };
  if (metrics.kind === 'blind' && hasHadItsLag) return { kind: 'confirmed', by: 'Elapsed', observed: undefined };
  return waiting(facts, metrics.kind === 'pending' ? metrics.message : 'waiting for the data plane’s lag bound');
}

type Rung =
  | { readonly kind: 'agrees'; readonly observed: number }
  | { readonly kind: 'contradicts'; readonly message: string }
  | { readonly kind: 'pending'; readonly message: string }
  | { readonly kind: 'blind' };

function metricsRung({ share, services, weight, previousWeight, writtenAtMs, nowMs, timeoutMs, wasContradicted }: ConfirmationFacts): Rung {
  if (services === undefined || share.kind === 'unavailable') return { kind: 'blind' };
  const blindAtMs = wasContradicted ? Number.POSITIVE_INFINITY : writtenAtMs + Math.max(timeoutMs, soonestBlindMs);
  if (share.kind === 'pending' || share.windowStartedAtMs < writtenAtMs)
    return pendingOrBlind('waiting for a first reading of the share', nowMs, blindAtMs);
  // Told by the first look, however short its window: a mesh without series of these revisions will not show more in ten seconds.
  if (share.failure === undefined && !share.hasSeries) return { kind: 'blind' };
  if (share.failure !== undefined) return pendingOrBlind(share.failure, nowMs, blindAtMs);
  if (share.windowMs < shortestWindowMs) return pendingOrBlind('waiting for a window that means something', nowMs, blindAtMs);
  const requests = share.canaryRequests + share.stableRequests;
  if (!tellsApart(requests, weight, previousWeight)) return { kind: 'blind' };
  const observed = (100 * share.canaryRequests) / requests;
  if (isWithinBound(share, weight)) return { kind: 'agrees', observed };
  if (share.countsAll === true && isWithinReach(share, weight))
    return pendingOrBlind('the metrics count requests that never met the split, too', nowMs, writtenAtMs + timeoutMs);
  return { kind: 'contradicts', message: `metrics show ${observed.toFixed(1)} % instead of ${weight} %` };
}

/** Prometheus that cannot be asked must not hold a release for ever: past the timeout it counts as unseen. */
const pendingOrBlind = (message: string, nowMs: number, untilMs: number): Rung =>
  nowMs >= untilMs ? { kind: 'blind' } : { kind: 'pending', message };

/** |p - w| <= 3 sqrt(w (1 - w) / n) + slack: three standard errors of a binomial share. */
function boundOf(requests: number, weightPercent: number): number {
  const wanted = weightPercent / 100;
  // Counters are extrapolated between scrapes, so a count is only good to about a percent.
  return 3 * Math.sqrt((wanted * (1 - wanted)) / requests) + Math.max(1 / requests, 0.01);
}

export function isWithinBound(
  { canaryRequests, stableRequests }: Pick<ShareReading, 'canaryRequests' | 'stableRequests'>,
  weightPercent: number,
): boolean {
  const requests = canaryRequests + stableRequests;
  return Math.abs(canaryRequests / requests - weightPercent / 100) <= boundOf(requests, weightPercent);
}

/** Of requests that are counted whoever sent them, at most this part is taken to have come round the split: to either revision. */
const mostBeside = 1 / 3;

/** Whether the weight may have arrived all the same, where the counts cannot tell who came through the split. A stale weight beyond it is seen. */
function isWithinReach({ canaryRequests, stableRequests }: ShareReading, weightPercent: number): boolean {
  const requests = canaryRequests + stableRequests;
  const share = canaryRequests / requests;
  const least = (1 - mostBeside) * (weightPercent / 100);
  const bound = boundOf(requests, weightPercent);
  return share >= least - bound && share <= least + mostBeside + bound;
}

/** Enough requests that the old weight would fall outside the new one's bound: fewer prove nothing. */
function tellsApart(requests: number, weight: number, previousWeight: number): boolean {
  const gap = weight === previousWeight ? Math.max(weight, 100 - weight) : Math.abs(weight - previousWeight);
  return requests >= fewestRequests && boundOf(requests, weight) < gap / 100;
}

function waiting(facts: ConfirmationFacts, why: string): Confirmation {
  const { nowMs, writtenAtMs, maxLagMs, timeoutMs } = facts;
  const moments = [writtenAtMs + maxLagMs, writtenAtMs + timeoutMs].filter((moment) => moment > nowMs);
  const canAsk = facts.services !== undefined && facts.share.kind !== 'unavailable';
  const askAtMs = canAsk ? Math.max(writtenAtMs + shortestWindowMs, nowMs + askEveryMs) : undefined;
  // A write that is yet to come is of a clock that was set back: there is no window since then.
  const isDue = canAsk && nowMs >= writtenAtMs && isReadingDue(facts);
  return {
    kind: 'waiting',
    why,
    wakeAtMs: Math.min(...moments, askAtMs ?? Number.POSITIVE_INFINITY),
    share:
      isDue && facts.services !== undefined
        ? { ...facts.services, windowStartedAtMs: Math.max(writtenAtMs, nowMs - longestWindowMs) }
        : undefined,
  };
}

/** Once at once, to learn whether metrics can see this traffic at all; then as soon as a window means something, and every other second. */
function isReadingDue({ share, nowMs, writtenAtMs }: ConfirmationFacts): boolean {
  if (share.kind !== 'reading' || share.windowStartedAtMs < writtenAtMs) return true;
  return nowMs >= writtenAtMs + shortestWindowMs && nowMs >= share.windowStartedAtMs + share.windowMs + askEveryMs;
}

/** Old readings age out: a weight that arrived late is confirmed within this. */
const longestWindowMs = 60_000;

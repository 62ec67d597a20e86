import type { Finding } from './findings.ts';
import { finding } from './findings.ts';
import type { Ending, Played, SeedResult } from './play.ts';
import type { Prepared } from './prepare.ts';
import type { Quality } from './quality.ts';

/** What came of all seeds. This is what `-o json` prints: docs/simulate.md says what each member means. */
export interface Report {
  readonly rollout: { readonly namespace: string; readonly name: string };
  readonly mesh: string;
  readonly requestsPerSecond: number;
  readonly seeds: { readonly first: number; readonly count: number };
  readonly stable: VersionReport;
  /** Null: as good as stable (`--from-stable`). */
  readonly release: (VersionReport & ReleaseReport) | null;
  readonly good: ReleaseReport;
  readonly warnings: readonly Finding[];
  /** Names of metrics that could not be played: what is said of endings is said without them. */
  readonly leftOut: readonly string[];
  readonly notes: readonly Finding[];
  readonly assumptions: readonly string[];
  readonly runs: readonly RunReport[];
}

export interface VersionReport {
  readonly errorRate: number;
  readonly p99Ms: number;
  readonly startSeconds: number;
  readonly crashLoop: boolean;
  readonly neverReady: boolean;
}

export interface ReleaseReport {
  readonly endings: Readonly<Record<Ending, number>>;
  /** Null where no seed was rolled back. */
  readonly caught: CaughtReport | null;
  /** Seconds until it was promoted; null where no seed was. */
  readonly promotedAfterSeconds: Spread | null;
  readonly requests: {
    readonly total: Spread;
    readonly reached: Spread;
    readonly failed: Spread;
    readonly failedPercent: Spread;
    readonly lost: Spread;
  };
}

export interface CaughtReport {
  readonly seeds: number;
  readonly afterSeconds: Spread;
  readonly at: readonly { readonly weight: number; readonly step: string; readonly seeds: number }[];
  /** `metrics`: those that failed; none where no metric did it. */
  readonly by: readonly { readonly reason: string; readonly metrics: readonly string[]; readonly seeds: number }[];
}

/** Over the seeds: half of them, nine of ten of them, all of them are at most this. */
export interface Spread {
  readonly median: number;
  readonly p90: number;
  readonly worst: number;
}

export interface RunReport {
  readonly seed: number;
  readonly release: PlayedReport | null;
  readonly good: PlayedReport;
}

export interface PlayedReport {
  readonly ending: Ending;
  readonly afterSeconds: number;
  readonly caught: {
    readonly afterSeconds: number;
    readonly weight: number;
    readonly step: string;
    readonly reason: string;
    readonly metrics: readonly string[];
    readonly message: string;
  } | null;
  readonly waitsFor: { readonly reason: string; readonly message: string } | null;
  readonly requests: Played['requests'];
}

export function reportOf({ scenario, findings, assumptions }: Prepared, results: readonly SeedResult[]): Report {
  const { namespace, name, provider, perSecond, stable, release } = scenario;
  const released = results.flatMap((result) => result.release ?? []);
  const good = results.map((result) => result.good);
  const all = [...findings, ...seen(results, [...good, ...released])];
  return {
    rollout: { namespace, name },
    mesh: provider,
    requestsPerSecond: perSecond,
    seeds: { first: results[0]?.seed ?? 0, count: results.length },
    stable: versionReport(stable),
    release: release === undefined ? null : { ...versionReport(release), ...releaseReport(released) },
    good: releaseReport(good),
    warnings: all.filter(({ severity }) => severity !== 'info'),
    leftOut: [
      ...new Set(all.filter(({ reason }) => reason === 'MetricUnknown' || reason === 'QueryRefused').flatMap(({ metric }) => metric ?? [])),
    ],
    notes: all.filter(({ severity }) => severity === 'info'),
    assumptions,
    runs: results.map((result) => ({
      seed: result.seed,
      release: result.release === undefined ? null : playedReport(result.release),
      good: playedReport(result.good),
    })),
  };
}

const versionReport = ({ errorRate, p99Ms, startMs, isCrashLooping, isNeverReady }: Quality): VersionReport => ({
  ...{ errorRate, p99Ms, startSeconds: startMs / 1_000, crashLoop: isCrashLooping, neverReady: isNeverReady },
});

function releaseReport(played: readonly Played[]): ReleaseReport {
  const endedAs = (ending: Ending) => played.filter((each) => each.ending === ending);
  const spreadOf = (count: (requests: Played['requests']) => number) => spread(played.map(({ requests }) => count(requests)));
  const promoted = endedAs('promoted');
  return {
    endings: { promoted: promoted.length, rolledBack: endedAs('rolledBack').length, undecided: endedAs('undecided').length },
    caught: caughtReport(played),
    promotedAfterSeconds: promoted.length === 0 ? null : spread(promoted.map(({ afterMs }) => seconds(afterMs))),
    requests: {
      total: spreadOf(({ total }) => total),
      reached: spreadOf(({ reached }) => reached),
      failed: spreadOf(({ failed }) => failed),
      failedPercent: spreadOf(({ failed, total }) => (total === 0 ? 0 : Number(((100 * failed) / total).toFixed(3)))),
      lost: spreadOf(({ lost }) => lost),
    },
  };
}

function caughtReport(played: readonly Played[]): CaughtReport | null {
  const caught = played.flatMap((each) => each.caught ?? []);
  if (caught.length === 0) return null;
  const at = counts(caught.map(({ weight, step }) => ({ weight, step })));
  const by = counts(caught.map(({ reason, metrics }) => ({ reason, metrics })));
  return {
    seeds: caught.length,
    afterSeconds: spread(caught.map(({ afterMs }) => seconds(afterMs))),
    at: at.toSorted((left, right) => left.weight - right.weight),
    by: by.toSorted((left, right) => right.seeds - left.seeds),
  };
}

/** Equal ones once, with how often they are there; in the order in which they first came. */
function counts<T extends object>(values: readonly T[]): readonly (T & { readonly seeds: number })[] {
  const found = new Map<string, { value: T; seeds: number }>();
  for (const value of values) {
    const key = JSON.stringify(value);
    const known = found.get(key);
    if (known === undefined) found.set(key, { value, seeds: 1 });
    else known.seeds += 1;
  }
  return [...found.values()].map(({ value, seeds }) => ({ ...value, seeds }));
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { median: at(0.5), p90: at(0.9), worst: at(1) };
}

const seconds = (ms: number): number => Math.round(ms) / 1_000;

const playedReport = ({ ending, afterMs, caught, waitsFor, requests }: Played): PlayedReport => ({
  ending,
  afterSeconds: seconds(afterMs),
  caught: caught === undefined ? null : reportOfCaught(caught),
  waitsFor: waitsFor ?? null,
  requests,
});

const reportOfCaught = ({ afterMs, weight, step, reason, metrics, message }: NonNullable<Played['caught']>) => ({
  ...{ afterSeconds: seconds(afterMs), weight, step, reason, metrics, message },
});

/** What only the playing shows. */
function seen(results: readonly SeedResult[], played: readonly Played[]): readonly Finding[] {
  const undecided = results.flatMap(({ good, release }) => [good, release].filter((each) => each?.ending === 'undecided'));
  const [first] = undecided;
  const goods = undecided.filter((each) => results.some(({ good }) => good === each)).length;
  const lost = played.filter(({ requests }) => requests.lost > 0);
  const silent = new Map(results.flatMap((result) => result.silent.map(({ metric, message }) => [metric, message] as const)));
  return [
    ...[...silent].map(([metric, message]) =>
      finding('MetricSilent', `metric "${metric}" never had data from a good release: ${message}`, metric),
    ),
    ...(first === undefined
      ? []
      : [
          finding(
            'UndecidedForever',
            `${undecided.length} of ${played.length} releases${goods > 0 ? ` (${goods} of them good)` : ''} wait for a person: ${first.waitsFor?.reason}: ${first.waitsFor?.message}`,
          ),
        ]),
    ...(lost.length === 0
      ? []
      : [
          finding(
            'RequestsLost',
            `in ${lost.length} of ${played.length} releases requests were left without an endpoint, ${Math.max(...lost.map(({ requests }) => requests.lost))} at most`,
          ),
        ]),
  ];
}

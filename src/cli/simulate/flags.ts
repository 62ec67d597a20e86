import { fail, formatDuration, ok, parseDuration, type Result } from '../../lib/index.ts';
import { providerNames } from '../../traffic/index.ts';
import { goodQuality, type Quality } from './quality.ts';
import type { Settings } from './settings.ts';

/** The command line as it was typed. */
export interface Flags {
  readonly file?: readonly string[];
  readonly rollout?: string;
  readonly namespace?: string;
  readonly mesh?: string;
  readonly errorRate?: string;
  readonly p99?: string;
  readonly startTime?: string;
  readonly crashLoop?: boolean;
  readonly neverReady?: boolean;
  readonly fromStable?: boolean;
  readonly stableErrorRate?: string;
  readonly stableP99?: string;
  readonly rps?: string;
  readonly unmeshed?: string;
  readonly seeds?: string;
  readonly seed?: string;
  readonly resumeAfter?: string;
  readonly expect?: string;
  readonly strict?: boolean;
  readonly output?: string;
}

export interface Wishes {
  readonly settings: Settings;
  readonly files: readonly string[];
  /** How every release must end. */
  readonly expected: 'rolledBack' | 'promoted' | undefined;
  readonly isStrict: boolean;
  readonly output: 'table' | 'wide' | 'json';
  /** Nothing says what the release is like. */
  readonly isUndescribed: boolean;
}

/** What a release is like of which nobody says anything. */
const usualErrorRate = 0.05;
const usualPerSecond = 50;
const usualResumeAfterMs = 300_000;
const mostSeeds = 10_000;

/** The wishes, or everything that is wrong with them. */
export function readFlags(flags: Flags): Result<Wishes, readonly string[]> {
  const problems: string[] = [];
  const read = <T>(flag: string, text: string | undefined, parse: (text: string) => T | undefined, what: string): T | undefined => {
    const value = text === undefined ? undefined : parse(text);
    if (text !== undefined && value === undefined) problems.push(`${flag} ${text}: must be ${what}`);
    return value;
  };
  const oneOf = <T extends string>(flag: string, text: string | undefined, known: readonly T[]): T | undefined =>
    read(flag, text, (given) => known.find((each) => each === given), `one of ${known.join(', ')}`);
  const errorRate = read('--error-rate', flags.errorRate, shareOf, shareWords);
  const p99Ms = read('--p99', flags.p99, positiveMs, durationWords);
  const startMs = read('--start-time', flags.startTime, parseDuration, durationWords);
  const stableErrorRate = read('--stable-error-rate', flags.stableErrorRate, shareOf, shareWords);
  const stableP99Ms = read('--stable-p99', flags.stableP99, positiveMs, durationWords);
  const perSecond = read('--rps', flags.rps, numberFrom(0, 1_000_000), 'a number of requests a second, 0 to 1000000');
  const unmeshedShare = read('--unmeshed', flags.unmeshed, shareOf, shareWords);
  const seeds = read('--seeds', flags.seeds, wholeFrom(1, mostSeeds), `a whole number from 1 to ${mostSeeds}`);
  const firstSeed = read('--seed', flags.seed, wholeFrom(0, 4_294_957_295), 'a whole number from 0');
  const resumeAfterMs = read('--resume-after', flags.resumeAfter, parseDuration, durationWords);
  const mesh = oneOf('--mesh', flags.mesh, providerNames);
  const expected = oneOf('--expect', flags.expect, ['rolled-back', 'promoted']);
  const output = oneOf('-o', flags.output, ['table', 'wide', 'json']) ?? 'table';
  const { crashLoop: isCrashLooping = false, neverReady: isNeverReady = false, fromStable = false } = flags;
  const isDescribed = flags.errorRate !== undefined || flags.p99 !== undefined || isCrashLooping || isNeverReady;
  if (fromStable && isDescribed)
    problems.push('--from-stable: the release is as good as stable; leave out --error-rate, --p99, --crash-loop and --never-ready');
  if (isCrashLooping && isNeverReady) problems.push('--crash-loop and --never-ready exclude each other');
  const files = flags.file ?? [];
  if (files.length === 0) problems.push('-f FILE: is required: the Rollout and its templates; - reads standard input');
  if (files.filter((file) => file === '-').length > 1) problems.push('-f -: standard input can be read once');
  if (problems.length > 0) return fail(problems);
  const stable: Quality = {
    ...goodQuality,
    errorRate: stableErrorRate ?? 0,
    p99Ms: stableP99Ms ?? goodQuality.p99Ms,
    startMs: startMs ?? goodQuality.startMs,
  };
  const release: Quality = {
    ...{ ...stable, isCrashLooping, isNeverReady },
    ...{ errorRate: errorRate ?? (isDescribed ? stable.errorRate : usualErrorRate), p99Ms: p99Ms ?? stable.p99Ms },
  };
  return ok({
    settings: {
      ...{ rollout: flags.rollout, namespace: flags.namespace ?? 'default', mesh, stable, seeds },
      ...{ release: fromStable ? 'stable' : release, perSecond: perSecond ?? usualPerSecond, unmeshedShare, firstSeed: firstSeed ?? 1 },
      resumeAfterMs: resumeAfterMs ?? usualResumeAfterMs,
    },
    expected: expected === undefined ? undefined : expected === 'promoted' ? 'promoted' : 'rolledBack',
    ...{ files, isStrict: flags.strict ?? false, output, isUndescribed: !isDescribed && !fromStable },
  });
}

const shareWords = 'a share of the requests, such as 5% or 0.05';
const durationWords = `a duration, such as ${formatDuration(800)} or ${formatDuration(20_000)}`;

/** `5%`, or `0.05`. */
export function shareOf(text: string): number | undefined {
  const [, digits, sign] = /^([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*(%?)$/.exec(text) ?? [];
  const share = Number(digits) / (sign === '%' ? 100 : 1);
  return share >= 0 && share <= 1 ? share : undefined;
}

const positiveMs = (text: string): number | undefined => {
  const ms = parseDuration(text);
  return ms !== undefined && ms > 0 ? ms : undefined;
};

const numberFrom =
  (least: number, most: number) =>
  (text: string): number | undefined =>
    /^[0-9]+(\.[0-9]+)?$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined;

const wholeFrom = (least: number, most: number) => (text: string) => (/^[0-9]+$/.test(text) ? numberFrom(least, most)(text) : undefined);

import { unreachable } from '../lib/result.ts';
import { type KubeFailure, localFailure } from './failure.ts';
import type { ObjectPage } from './kube-client.ts';
import { compareResourceVersions, type KubeObject } from './object.ts';
import type { WatchEvent } from './watch-event.ts';

/** Where the watcher stands. Each phase carries only its own; each comment says how it is left. */
export type Phase =
  /** Knows nothing that can be continued. Left by `begin`: to `streaming`, or to `paging` where the server knows no WatchList. */
  | { readonly kind: 'empty' }
  /** A paged list under way. Left by its last page to `listed`, by a failure to `empty`. */
  | { readonly kind: 'paging'; readonly resourceVersion: string; readonly isContinued: boolean }
  /** A WatchList's initial events under way. Left by its marked bookmark to `watching`, by any end to `empty`. */
  | { readonly kind: 'streaming' }
  /** Complete as of this version; no stream. Left by `opened` to `watching`, by a 410 to `empty`. */
  | { readonly kind: 'listed'; readonly resourceVersion: string }
  /** A live stream. Left by its end to `listed`, by a 410 or for a safety relist to `empty`. */
  | { readonly kind: 'watching'; readonly resourceVersion: string; readonly sinceMs: number; readonly hadEvent: boolean };

export interface WatchState {
  readonly phase: Phase;
  /** The newest version ever seen; nothing older is accepted as a whole. */
  readonly newest: string;
  /** Failures in a row. */
  readonly failures: number;
  /** The server speaks WatchList, as far as known. */
  readonly speaksWatchList: boolean;
  /** WatchLists in a row that ended without their marked bookmark. */
  readonly unfinishedStreams: number;
  readonly isFirstList: boolean;
  /** Why the list under way is made: `safety` finds what events failed to tell. */
  readonly listCause: 'need' | 'safety';
  readonly relistDueMs: number;
}

/** What happened, with the moment (monotonic) and one random number in [0, 1) for whatever needs chance. */
export type Input = { readonly nowMs: number; readonly chance: number } & (
  | { readonly type: 'begin' }
  /** The server, which had not answered anybody, is back: whatever was waited or asked for is void. */
  | { readonly type: 'regained' }
  | { readonly type: 'page'; readonly page: ObjectPage }
  | { readonly type: 'opened' }
  | { readonly type: 'event'; readonly event: WatchEvent }
  | { readonly type: 'failed'; readonly failure: KubeFailure }
  /** Without an error; `wasSilent` where the watchdog closed it. */
  | { readonly type: 'closed'; readonly wasSilent: boolean }
);

export type Request =
  | { readonly type: 'list'; readonly limit?: number; readonly continueToken?: string }
  | { readonly type: 'watch'; readonly resourceVersion?: string; readonly timeoutSeconds: number }
  /** `atLeastMs`: what the server asked for, which no news of it shortens. */
  | { readonly type: 'wait'; readonly delayMs: number; readonly atLeastMs: number };

/** What the watcher tells. A list is told whole between `listing` and `listedAll`; another `listing` takes the unfinished one back. */
export type Told =
  | { readonly type: 'listing' }
  | { readonly type: 'listed'; readonly object: KubeObject }
  | { readonly type: 'unlisted'; readonly object: KubeObject }
  | { readonly type: 'listedAll'; readonly resourceVersion: string; readonly cause: 'first' | 'need' | 'safety' }
  | { readonly type: 'applied'; readonly object: KubeObject }
  | { readonly type: 'deleted'; readonly object: KubeObject }
  | { readonly type: 'progress'; readonly resourceVersion: string }
  | { readonly type: 'live' }
  | { readonly type: 'failing'; readonly failure: KubeFailure };

/** `request`, where given, ends whatever stream is open. */
export interface Step {
  readonly state: WatchState;
  readonly told: readonly Told[];
  readonly request?: Request;
}

export const initialWatchState: WatchState = {
  phase: { kind: 'empty' },
  newest: '',
  failures: 0,
  speaksWatchList: true,
  unfinishedStreams: 0,
  isFirstList: true,
  listCause: 'need',
  relistDueMs: 0,
};

const pageSize = 500;
const firstBackoffMs = 800;
const longestBackoffMs = 30_000;
const healthyAfterMs = 10_000;
const veryShortMs = 1_000;
const longestRetryAfterMs = 120_000;
const relistAfterMs = 30 * 60_000;
const unfinishedStreamsAllowed = 2;

/** The watcher's one decision function: pure, so that every order of faults can be tried in a test. */
export function step(state: WatchState, input: Input): Step {
  switch (input.type) {
    case 'begin':
      return begin(state, input.chance);
    case 'regained':
      return begin({ ...state, phase: left(state.phase), failures: 0 }, input.chance);
    case 'page':
      return paged(state, input.page, input);
    case 'opened':
      return opened(state, input.nowMs);
    case 'event':
      return happened(state, input.event, input);
    case 'failed':
      return failed(state, input.failure, input);
    case 'closed':
      return closed(state, input.wasSilent, input);
    default:
      return unreachable(input);
  }
}

function begin(state: WatchState, chance: number): Step {
  if (state.phase.kind === 'listed') return { state, told: [], request: watchFrom(chance, state.phase.resourceVersion) };
  if (!state.speaksWatchList || state.unfinishedStreams >= unfinishedStreamsAllowed) return beginPaging(state);
  return { state: { ...state, phase: { kind: 'streaming' } }, told: [{ type: 'listing' }], request: watchFrom(chance) };
}

/** Half a list is none; a stream that is left can be continued. */
function left(phase: Phase): Phase {
  if (phase.kind === 'watching' || phase.kind === 'listed') return { kind: 'listed', resourceVersion: phase.resourceVersion };
  return { kind: 'empty' };
}

function beginPaging(state: WatchState, limit: number | undefined = pageSize): Step {
  const phase: Phase = { kind: 'paging', resourceVersion: '', isContinued: false };
  return { state: { ...state, phase }, told: [{ type: 'listing' }], request: { type: 'list', ...(limit ? { limit } : {}) } };
}

function paged(state: WatchState, page: ObjectPage, moment: Moment): Step {
  if (state.phase.kind !== 'paging') return { state, told: [] };
  const resourceVersion = state.phase.resourceVersion || page.resourceVersion;
  if (isOlder(resourceVersion, state.newest)) return failed(state, staleList(), moment);
  const listed = page.items.map((object): Told => ({ type: 'listed', object }));
  if (page.continueToken !== undefined) {
    const phase: Phase = { kind: 'paging', resourceVersion, isContinued: true };
    return { state: { ...state, phase }, told: listed, request: { type: 'list', limit: pageSize, continueToken: page.continueToken } };
  }
  const done = listComplete(state, resourceVersion, { kind: 'listed', resourceVersion }, moment);
  return { ...done, told: [...listed, ...done.told], request: watchFrom(moment.chance, resourceVersion) };
}

function opened(state: WatchState, nowMs: number): Step {
  if (state.phase.kind !== 'listed') return { state, told: [] };
  const { resourceVersion } = state.phase;
  return { state: { ...state, phase: { kind: 'watching', resourceVersion, sinceMs: nowMs, hadEvent: false } }, told: [{ type: 'live' }] };
}

function happened(state: WatchState, event: WatchEvent, moment: Moment): Step {
  if (state.phase.kind === 'streaming') return streamed(state, event, moment);
  if (state.phase.kind !== 'watching') return { state, told: [] };
  const seen = event.type === 'bookmark' ? event.resourceVersion : event.object.metadata.resourceVersion;
  const resourceVersion = newerOf(seen, state.phase.resourceVersion);
  const isNews = event.type !== 'bookmark';
  const next: WatchState = {
    ...state,
    phase: { ...state.phase, resourceVersion, hadEvent: state.phase.hadEvent || isNews },
    newest: newerOf(resourceVersion, state.newest),
    failures: isNews ? 0 : state.failures,
  };
  return { state: next, told: isNews ? [event, { type: 'progress', resourceVersion }] : [{ type: 'progress', resourceVersion }] };
}

function streamed(state: WatchState, event: WatchEvent, moment: Moment): Step {
  switch (event.type) {
    case 'applied':
      return { state, told: [{ type: 'listed', object: event.object }] };
    case 'deleted':
      return { state, told: [{ type: 'unlisted', object: event.object }] };
    case 'bookmark': {
      // A server that does not know sendInitialEvents ignores it, and shows that by an ordinary bookmark.
      if (!event.endsInitialEvents) return beginPaging({ ...state, speaksWatchList: false });
      const { resourceVersion } = event;
      if (isOlder(resourceVersion, state.newest)) return failed(state, staleList(), moment);
      return listComplete(state, resourceVersion, { kind: 'watching', resourceVersion, sinceMs: moment.nowMs, hadEvent: false }, moment);
    }
    default:
      return unreachable(event);
  }
}

function failed(state: WatchState, failure: KubeFailure, moment: Moment): Step {
  const { phase } = state;
  const isRefusal = failure.kind === 'badRequest' || failure.kind === 'invalid' || failure.kind === 'forbidden';
  if (phase.kind === 'streaming' && isRefusal) {
    // A 403 may be a missing permission to watch, which can be granted later: it is no word about WatchList.
    return beginPaging({ ...state, speaksWatchList: failure.kind === 'forbidden' && state.speaksWatchList });
  }
  // The rest of a list that took too long. In one piece it cannot expire.
  if (phase.kind === 'paging' && phase.isContinued && failure.kind === 'gone') return beginPaging(state, 0);
  const wasHealthy = phase.kind === 'watching' && moment.nowMs - phase.sinceMs >= healthyAfterMs;
  const failures = (wasHealthy ? 0 : state.failures) + 1;
  const keepsPlace = (phase.kind === 'listed' || phase.kind === 'watching') && failure.kind !== 'gone' && failure.kind !== 'notFound';
  const next: WatchState = {
    ...state,
    phase: keepsPlace ? { kind: 'listed', resourceVersion: phase.resourceVersion } : { kind: 'empty' },
    failures,
    listCause: keepsPlace ? state.listCause : 'need',
  };
  const { delayMs, atLeastMs } = backoff(failure, failures, moment.chance);
  return { state: next, told: [{ type: 'failing', failure }], request: { type: 'wait', delayMs, atLeastMs } };
}

function closed(state: WatchState, wasSilent: boolean, moment: Moment): Step {
  const { phase } = state;
  if (phase.kind === 'streaming') {
    const failure = localFailure('protocol', 'the initial events ended unfinished', 'UnfinishedList');
    return failed({ ...state, unfinishedStreams: state.unfinishedStreams + 1 }, failure, moment);
  }
  if (phase.kind !== 'watching') return failed(state, localFailure('protocol', 'the stream closed at once', 'ShortWatch'), moment);
  const lastedMs = moment.nowMs - phase.sinceMs;
  if (lastedMs < veryShortMs && !phase.hadEvent) {
    return failed(state, localFailure('protocol', 'the watch closed at once without an event', 'ShortWatch'), moment);
  }
  const calm = { ...state, failures: lastedMs >= healthyAfterMs && !wasSilent ? 0 : state.failures };
  if (moment.nowMs >= state.relistDueMs) return begin({ ...calm, phase: { kind: 'empty' }, listCause: 'safety' }, moment.chance);
  return begin({ ...calm, phase: { kind: 'listed', resourceVersion: phase.resourceVersion } }, moment.chance);
}

type Moment = { readonly nowMs: number; readonly chance: number };

function listComplete(state: WatchState, resourceVersion: string, phase: Phase, { nowMs, chance }: Moment): Step {
  const next: WatchState = {
    ...state,
    phase,
    newest: newerOf(resourceVersion, state.newest),
    unfinishedStreams: 0,
    isFirstList: false,
    listCause: 'need',
    relistDueMs: nowMs + relistAfterMs * (0.8 + 0.4 * chance),
  };
  return {
    state: next,
    told: [{ type: 'listedAll', resourceVersion, cause: state.isFirstList ? 'first' : state.listCause }, { type: 'live' }],
  };
}

// The server ends watches at a random time of its own asking, so that they do not all come back at once.
function watchFrom(chance: number, resourceVersion?: string): Request {
  return {
    type: 'watch',
    timeoutSeconds: 240 + Math.floor(chance * 240),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function backoff(failure: KubeFailure, failures: number, chance: number): { delayMs: number; atLeastMs: number } {
  // A resource that is not installed is asked for seldom, but for the 404s of an API server that is starting up.
  if (failure.kind === 'notFound' && failures > 3) return { delayMs: longestBackoffMs * (0.7 + 0.3 * chance), atLeastMs: 0 };
  const jitteredMs = chance * Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(failures - 1, 10));
  const askedMs = failure.retryAfterMs === undefined ? 0 : Math.min(failure.retryAfterMs, longestRetryAfterMs) + chance * 1_000;
  return { delayMs: Math.max(50, jitteredMs, askedMs), atLeastMs: askedMs };
}

const staleList = () => localFailure('unavailable', 'the list is older than what was seen before', 'StaleList');
const isOlder = (left: string, right: string): boolean => compareResourceVersions(left, right) < 0;
const newerOf = (left: string, right: string): string => (isOlder(left, right) ? right : left);

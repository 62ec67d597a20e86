import { type Clock, sleep } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { unreachable } from '../lib/result.ts';
import type { Contact } from './contact.ts';
import type { KubeFailure } from './failure.ts';
import type { KubeClient, Selection } from './kube-client.ts';
import type { Resource } from './object.ts';
import type { TransportStream } from './transport.ts';
import { readWatchLine } from './watch-event.ts';
import { type Input, initialWatchState, type Request, step, type Told } from './watch-machine.ts';

export interface WatcherOptions {
  readonly client: Pick<KubeClient, 'listPage' | 'watch'>;
  readonly resource: Resource;
  readonly selection: Selection;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends waits, and what hangs, when the server is back. */
  readonly contact?: Pick<Contact, 'onRegained'> | undefined;
  readonly tell: (told: Told) => void;
  /** The server answered something, whatever it was. */
  readonly onContact: () => void;
  readonly onWatchOpened: () => void;
}

// Bookmarks come about each minute, so a stream that is silent for longer is half-open.
const silenceMs = 100_000;
// While initial events flow there is no reason to pause.
const initialSilenceMs = 30_000;
// A dozen watches of each client need not come back in one moment.
const returnSpreadMs = 500;

type Fact = Input extends infer One ? (One extends Input ? Omit<One, 'nowMs' | 'chance'> : never) : never;

/** Lists and watches one resource until the signal aborts, through whatever the network and the server do. */
export async function runWatcher(options: WatcherOptions, signal: AbortSignal): Promise<void> {
  let state = initialWatchState;
  let request: Request | undefined;
  const feed = (fact: Fact): boolean => {
    const input: Input = { ...fact, nowMs: options.clock.monotonicMs(), chance: options.random.next() };
    const next = step(state, input);
    state = next.state;
    request = next.request;
    for (const told of next.told) options.tell(told);
    return request === undefined;
  };
  feed({ type: 'begin' });
  while (!signal.aborted && request !== undefined) {
    const current: Request = request;
    request = undefined;
    await perform(options, current, feed, signal);
  }
}

type Feed = (fact: Fact) => boolean;

async function perform(options: WatcherOptions, request: Request, feed: Feed, signal: AbortSignal): Promise<void> {
  const turn = beginTurn(options, request.type === 'wait' ? request.atLeastMs : 0, signal);
  await carryOut(options, request, feed, turn);
  turn.end();
  if (turn.isVoid() && !signal.aborted) feed({ type: 'regained' });
}

interface Turn {
  /** Aborts with the watcher's, and when the turn is void. */
  readonly signal: AbortSignal;
  /** The server has said something to this turn. */
  heard(): void;
  /** The server was gone and is back, and this turn has heard nothing of it since. */
  isVoid(): boolean;
  end(): void;
}

/** One request and all that comes of it, or one wait. `atLeastMs`: a wait that the server itself asked for. */
function beginTurn({ contact, clock, random }: WatcherOptions, atLeastMs: number, signal: AbortSignal): Turn {
  const turn = new AbortController();
  const mayEndMs = clock.monotonicMs() + atLeastMs;
  let heardMs = Number.NEGATIVE_INFINITY;
  let isVoid = false;
  let cancel = () => {};
  const end = () => turn.abort();
  const release = contact?.onRegained((lostSinceMs) => {
    cancel();
    // Only then: the answer that brought the news may be on its way to this very turn.
    cancel = clock.after(Math.max(mayEndMs - clock.monotonicMs(), returnSpreadMs * random.next()), () => {
      isVoid = heardMs < lostSinceMs;
      if (isVoid) end();
    });
  });
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  return {
    signal: turn.signal,
    heard() {
      heardMs = clock.monotonicMs();
    },
    isVoid: () => isVoid,
    end() {
      cancel();
      release?.();
      signal.removeEventListener('abort', end);
    },
  };
}

async function carryOut(options: WatcherOptions, request: Request, feed: Feed, turn: Turn): Promise<void> {
  switch (request.type) {
    case 'wait':
      await sleep(options.clock, request.delayMs, turn.signal);
      if (!turn.signal.aborted) feed({ type: 'begin' });
      return;
    case 'list':
      return list(options, request, feed, turn);
    case 'watch':
      return watch(options, request, feed, turn);
    default:
      return unreachable(request);
  }
}

async function list(
  options: WatcherOptions,
  { limit, continueToken }: Extract<Request, { type: 'list' }>,
  feed: Feed,
  { signal }: Turn,
): Promise<void> {
  const page = await options.client.listPage(options.resource, { ...options.selection, limit, continueToken, retry: false }, signal);
  if (signal.aborted) return;
  if (page.ok) options.onContact();
  else noteContact(options, page.failure);
  feed(page.ok ? { type: 'page', page: page.value } : { type: 'failed', failure: page.failure });
}

async function watch(
  options: WatcherOptions,
  { resourceVersion, timeoutSeconds }: Extract<Request, { type: 'watch' }>,
  feed: Feed,
  turn: Turn,
): Promise<void> {
  const stream = await options.client.watch(options.resource, { ...options.selection, resourceVersion, timeoutSeconds }, turn.signal);
  if (turn.signal.aborted) {
    if (stream.ok) stream.value.close();
    return;
  }
  if (!stream.ok) {
    noteContact(options, stream.failure);
    feed({ type: 'failed', failure: stream.failure });
    return;
  }
  turn.heard();
  options.onWatchOpened();
  options.onContact();
  feed({ type: 'opened' });
  await follow(options, stream.value, { feed, turn, silenceMs: resourceVersion === undefined ? initialSilenceMs : silenceMs });
}

async function follow(
  options: WatcherOptions,
  stream: TransportStream,
  { feed, turn, silenceMs: firstSilenceMs }: { feed: Feed; turn: Turn; silenceMs: number },
): Promise<void> {
  const watchdog = createWatchdog(options.clock, firstSilenceMs, () => stream.close());
  let limitMs = firstSilenceMs;
  try {
    for await (const line of stream.lines) {
      if (turn.signal.aborted) return;
      const event = readWatchLine(line);
      if (event.ok && event.value.type === 'bookmark') limitMs = silenceMs;
      watchdog.pat(limitMs);
      turn.heard();
      options.onContact();
      if (!feed(event.ok ? { type: 'event', event: event.value } : { type: 'failed', failure: event.failure })) return;
    }
    if (turn.signal.aborted) return;
    const failure = stream.failure();
    feed(failure === undefined ? { type: 'closed', wasSilent: watchdog.hasBarked() } : { type: 'failed', failure });
  } finally {
    watchdog.stop();
    stream.close();
  }
}

/** One timer for the whole stream, since re-arming one for each of thousands of lines a second would cost more than the lines. */
function createWatchdog(clock: Clock, firstLimitMs: number, bark: () => void) {
  let limitMs = firstLimitMs;
  let lastMs = clock.monotonicMs();
  let barked = false;
  let cancel = () => {};
  const arm = () => {
    cancel = clock.after(lastMs + limitMs - clock.monotonicMs(), () => {
      if (clock.monotonicMs() - lastMs < limitMs) return arm();
      barked = true;
      bark();
    });
  };
  arm();
  return {
    pat(nextLimitMs: number) {
      limitMs = nextLimitMs;
      lastMs = clock.monotonicMs();
    },
    hasBarked: () => barked,
    stop: () => cancel(),
  };
}

function noteContact(options: WatcherOptions, failure: KubeFailure): void {
  if (failure.status !== undefined) options.onContact();
}

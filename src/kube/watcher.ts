import { type Clock, sleep } from '../lib/clock.ts';
import type { Random } from '../lib/random.ts';
import { unreachable } from '../lib/result.ts';
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
  readonly tell: (told: Told) => void;
  /** The server answered something, whatever it was. */
  readonly onContact: () => void;
  readonly onWatchOpened: () => void;
}

// Bookmarks come about each minute, so a stream that is silent for longer is half-open.
const silenceMs = 100_000;
// While initial events flow there is no reason to pause.
const initialSilenceMs = 30_000;

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

async function perform(options: WatcherOptions, request: Request, feed: (fact: Fact) => boolean, signal: AbortSignal): Promise<void> {
  switch (request.type) {
    case 'wait':
      await sleep(options.clock, request.delayMs, signal);
      if (!signal.aborted) feed({ type: 'begin' });
      return;
    case 'list':
      return list(options, request, feed, signal);
    case 'watch':
      return watch(options, request, feed, signal);
    default:
      return unreachable(request);
  }
}

async function list(
  options: WatcherOptions,
  { limit, continueToken }: Extract<Request, { type: 'list' }>,
  feed: (fact: Fact) => boolean,
  signal: AbortSignal,
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
  feed: (fact: Fact) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const stream = await options.client.watch(options.resource, { ...options.selection, resourceVersion, timeoutSeconds }, signal);
  if (signal.aborted) {
    if (stream.ok) stream.value.close();
    return;
  }
  if (!stream.ok) {
    noteContact(options, stream.failure);
    feed({ type: 'failed', failure: stream.failure });
    return;
  }
  options.onWatchOpened();
  options.onContact();
  feed({ type: 'opened' });
  await follow(options, stream.value, { feed, silenceMs: resourceVersion === undefined ? initialSilenceMs : silenceMs }, signal);
}

async function follow(
  options: WatcherOptions,
  stream: TransportStream,
  { feed, silenceMs: firstSilenceMs }: { feed: (fact: Fact) => boolean; silenceMs: number },
  signal: AbortSignal,
): Promise<void> {
  const watchdog = createWatchdog(options.clock, firstSilenceMs, () => stream.close());
  let limitMs = firstSilenceMs;
  try {
    for await (const line of stream.lines) {
      if (signal.aborted) return;
      const event = readWatchLine(line);
      if (event.ok && event.value.type === 'bookmark') limitMs = silenceMs;
      watchdog.pat(limitMs);
      options.onContact();
      if (!feed(event.ok ? { type: 'event', event: event.value } : { type: 'failed', failure: event.failure })) return;
    }
    if (signal.aborted) return;
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

import { setMaxListeners } from 'node:events';
import type { RolloutController } from './controller/index.ts';
import type { LeaderElector, Recorder, Transport } from './kube/index.ts';
import type { Clock, Logger } from './lib/index.ts';
import { deadline } from './lib/index.ts';

/** What a process lives by. */
export interface Parts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly controller: Pick<RolloutController, 'watch' | 'reconcile'>;
  readonly recorder: Pick<Recorder, 'run' | 'flush'>;
  /** Undefined: this process leads from the start, or never. */
  readonly elector: Pick<LeaderElector, 'run' | 'release'> | undefined;
  /** It serves the API and leaves the rest to others. */
  readonly neverLeads?: boolean;
  readonly transport: Pick<Transport, 'close'>;
  /** What must be there before the lease can be. */
  readonly prepare: (signal: AbortSignal) => Promise<void>;
}

export interface Life {
  /** The process is asked to stop: in order, as below. */
  readonly stop: AbortSignal;
  /** The lease is lost: everything ends at once, and nothing is given back. */
  readonly interrupt: AbortSignal;
  readonly onLost: (reason: string) => void;
}

/** Since the stop, each what the steps up to it may take together; the grace of a pod is 20 s, and at 12 s the process is ended. */
const flushedMs = 9_500;
const releasedMs = 11_000;

/**
 * Works until the stop; then, one after the other: no new passes, and those under way to their end or cut after 8 s; the Events that are
 * left; the watches; and only then, with nothing left that writes, the lease. Whoever waits for it may write at that moment.
 */
export async function live(parts: Parts, { stop, interrupt, onLost }: Life): Promise<void> {
  const { controller, recorder, elector, clock, transport, prepare } = parts;
  const [watching, recording, electing] = [new AbortController(), new AbortController(), new AbortController()];
  // Every watch and every pass listens to the same few signals; that is no leak.
  setMaxListeners(0, stop, interrupt, watching.signal, recording.signal, electing.signal);
  interrupt.addEventListener('abort', () => recording.abort(), { once: true });
  const watched = controller.watch(watching.signal);
  const recorded = recorder.run(recording.signal);
  let reconciled: Promise<void> | undefined;
  const lead = () => {
    if (!stop.aborted) reconciled = controller.reconcile(stop, interrupt);
  };
  if (elector === undefined && parts.neverLeads !== true) lead();
  const elected = elector === undefined ? undefined : elect(elector, prepare, { onStarted: lead, onLost }, electing.signal);
  await aborted(stop);
  const stoppedMs = clock.monotonicMs();
  const until = (ms: number) => deadline(clock, Math.max(0, stoppedMs + ms - clock.monotonicMs()), interrupt);
  // A standby must not come to lead while it goes.
  if (reconciled === undefined) electing.abort();
  await reconciled;
  recording.abort();
  await recorded;
  await within(until(flushedMs), (signal) => recorder.flush(signal));
  watching.abort();
  await watched;
  electing.abort();
  await elected;
  await within(until(releasedMs), (signal) => elector?.release(signal));
  await transport.close();
}

async function elect(
  elector: NonNullable<Parts['elector']>,
  prepare: Parts['prepare'],
  callbacks: Parameters<LeaderElector['run']>[0],
  signal: AbortSignal,
): Promise<void> {
  await prepare(signal);
  await elector.run(callbacks, signal);
}

async function within(limit: ReturnType<typeof deadline>, run: (signal: AbortSignal) => Promise<void> | undefined): Promise<void> {
  if (!limit.signal.aborted) await run(limit.signal);
  limit.release();
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

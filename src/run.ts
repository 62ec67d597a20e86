import { setMaxListeners } from 'node:events';
import type { Composed } from './compose.ts';
import { compose } from './compose.ts';
import type { Config } from './config.ts';
import type { Logger } from './lib/index.ts';
import { createLogger, sleep } from './lib/index.ts';

const drainMs = 8_000;
const forcedMs = 12_000;

/**
 * The controller process, from start to exit code. A stop goes in this order: readiness off, no new passes, passes under way ended, watches
 * closed, events flushed, and only then the lease given back, so that no second leader writes beside us. A lost lease ends it at once.
 */
export async function runController(config: Config): Promise<number> {
  const log = createLogger(config.logLevel);
  const interrupt = new AbortController();
  let exitCode = 0;
  const end = (reason: string) => {
    if (interrupt.signal.aborted) return;
    exitCode = 1;
    log.error({ reason }, 'this process no longer leads; it ends');
    interrupt.abort();
  };
  const composed = await compose(config, log, end);
  if (!composed.ok) {
    log.error({ reason: composed.failure }, 'cannot start');
    return 1;
  }
  const { server, elector } = composed.value;
  log.info({ address: server.address, identity: config.identity, leaderElection: elector !== undefined }, 'started');
  const stop = new AbortController();
  // Every watch and every pass listens to the same few signals; that is no leak.
  setMaxListeners(0, stop.signal, interrupt.signal);
  onSignals(stop, log);
  interrupt.signal.addEventListener('abort', () => stop.abort(), { once: true });
  await work(composed.value, { stop: stop.signal, interrupt: interrupt.signal, end });
  return exitCode;
}

interface Life {
  readonly stop: AbortSignal;
  readonly interrupt: AbortSignal;
  readonly end: (reason: string) => void;
}

async function work(composed: Composed, { stop, interrupt, end }: Life): Promise<void> {
  const { controller, recorder, elector, clock, transport, server, drain, log } = composed;
  const watching = new AbortController();
  const leading = new AbortController();
  setMaxListeners(0, watching.signal, leading.signal);
  const forced = clock.after.bind(clock);
  let cancelForced = () => {};
  stop.addEventListener(
    'abort',
    () => {
      drain();
      cancelForced = forced(forcedMs, () => {
        log.error({}, 'the stop took too long; the lease is left to expire');
        process.exit(1);
      });
    },
    { once: true },
  );
  const watched = controller.watch(watching.signal);
  const recorded = recorder.run(watching.signal);
  let reconciled: Promise<void> = Promise.resolve();
  const lead = () => {
    reconciled = controller.reconcile(stop, interrupt);
  };
  if (elector === undefined) lead();
  const elected = elector?.run({ onStarted: lead, onLost: end }, leading.signal) ?? Promise.resolve();
  await aborted(stop);
  await Promise.race([reconciled, sleep(clock, drainMs, interrupt)]);
  watching.abort();
  await Promise.all([watched, recorded]);
  if (!interrupt.aborted) await recorder.flush(AbortSignal.any([interrupt]));
  leading.abort();
  await elected;
  if (!interrupt.aborted) await elector?.release();
  await server.close(2_000);
  await transport.close();
  cancelForced();
  log.info({}, 'stopped');
}

function onSignals(stop: AbortController, log: Logger): void {
  const heard = (name: string) => {
    if (stop.signal.aborted) process.exit(1);
    log.info({ signal: name }, 'stopping');
    stop.abort();
  };
  process.on('SIGTERM', () => heard('SIGTERM'));
  process.on('SIGINT', () => heard('SIGINT'));
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

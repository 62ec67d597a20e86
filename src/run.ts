import { compose, healthOf, type Served } from './compose.ts';
import type { Config } from './config.ts';
import type { Clock, Logger } from './lib/index.ts';
import { createLogger, systemClock } from './lib/index.ts';
import { live } from './live.ts';
import { hookRoutes, startServer } from './server/index.ts';

const forcedMs = 12_000;
const closedMs = 500;

/**
 * The controller process, from start to exit code. The probes come first: while the API server is away they are what keeps a kubelet from
 * ending a process that could do its work as soon as it is back.
 */
export async function runController(config: Config): Promise<number> {
  const clock = systemClock;
  const log = createLogger(config.logLevel);
  const stop = new AbortController();
  const interrupt = new AbortController();
  onSignals(stop, log);
  let parts: Served | undefined;
  const health = healthOf(
    () => parts,
    () => stop.signal.aborted,
    clock,
  );
  const server = await startServer({
    ...{ health, clock, log, listen: config.listen, tls: tlsOf(config), maxConnections: config.maxConnections },
    ...{ perCaller: config.apiRatePerCaller, perAddress: config.apiRatePerAddress },
    api: () => parts?.api,
    more: (app) => hookRoutes(app, () => parts?.hooks),
    every: (ms, run) => every(clock, ms, run),
  }).catch((error: unknown) => String(error));
  if (typeof server === 'string') {
    log.error({ reason: `cannot listen on ${config.listen}: ${server}` }, 'cannot start');
    return 1;
  }
  /** The elector has said why. */
  const onLost = () => {
    interrupt.abort();
    stop.abort();
  };
  const onFenced = (reason: string) => {
    if (interrupt.signal.aborted) return;
    log.error({ reason }, 'a newer leader has written; this process ends');
    onLost();
  };
  const drain = () => {
    server.drain();
    endBy(clock, log);
  };
  if (stop.signal.aborted) drain();
  else stop.signal.addEventListener('abort', drain, { once: true });
  const composed = await compose(config, { clock, log, onFenced });
  if (!composed.ok) {
    log.error({ reason: composed.failure }, 'cannot start');
    await server.close(0);
    return 1;
  }
  parts = composed.value;
  const { identity, leaderElection, mode } = config;
  log.info({ address: server.address, identity, leaderElection, mode }, 'started');
  const watched = composed.value.watchForApi(stop.signal);
  await live(composed.value, { stop: stop.signal, interrupt: interrupt.signal, onLost });
  await watched;
  await server.close(closedMs);
  log.info({}, 'stopped');
  return interrupt.signal.aborted ? 1 : 0;
}

const tlsOf = ({ tlsCertFile: certFile, tlsKeyFile: keyFile }: Config) =>
  certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };

/** Whatever holds up a stop: the grace of a pod is longer, and a lease that is not given back expires. */
function endBy(clock: Clock, log: Logger): void {
  clock.after(forcedMs, () => {
    log.error({}, 'the stop took too long; the lease is left to expire');
    process.exit(1);
  });
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

/** Repeats on the injected clock; the returned function ends it. */
function every(clock: Clock, ms: number, run: () => void): () => void {
  let cancel = () => {};
  const arm = () => {
    cancel = clock.after(ms, () => {
      run();
      arm();
    });
  };
  arm();
  return () => cancel();
}

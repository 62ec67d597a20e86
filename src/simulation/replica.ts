import { assemble, type Composed } from '../compose.ts';
import type { Config } from '../config.ts';
import type { Clock, Logger, Random } from '../lib/index.ts';
import { live } from '../live.ts';
import { type ApiLine, DirectTransport, type LineWatch } from '../sandbox/api/index.ts';
import type { PrometheusApi } from '../sandbox/prometheus/index.ts';
import type { Stir } from './drive.ts';
import { nowhere } from './nowhere.ts';
import { OwnTime } from './own-time.ts';
import { inProcess } from './prometheus.ts';
import { scheduleOn } from './schedule.ts';

export interface ReplicaOptions {
  /** Of the pod; each start of a process has an identity of its own. */
  readonly name: string;
  readonly start: number;
  readonly clock: Clock;
  readonly stir: Stir;
  readonly random: Random;
  readonly line: ApiLine;
  readonly prometheus: Pick<PrometheusApi, 'answer'> | undefined;
  readonly latencyMs: () => number;
  readonly log: Logger;
  readonly config?: Partial<Config>;
}

/** How a process ended: killed from outside, by itself because it lost the lease, or in order after SIGTERM. */
export type Ended = 'killed' | 'lost' | 'stopped';

/** One process of the controller: the shipped one from `assemble` on, with a line in place of a socket. */
export interface Replica {
  readonly name: string;
  readonly identity: string;
  readonly time: OwnTime;
  readonly controller: Composed['controller'];
  /** It takes part in the election; one that was told not to leads from its start. */
  readonly isElected: boolean;
  isLeading(): boolean;
  /** Watches of the API server that it has open now. */
  watches(): readonly LineWatch[];
  /** SIGTERM. */
  stop(): void;
  /** SIGKILL: at this very moment, in the middle of whatever it does. */
  kill(): void;
  ended(): Ended | undefined;
}

const usual: Omit<Config, 'identity'> = {
  ...{
    listen: '127.0.0.1:8080',
    namespaces: [],
    logLevel: 'info',
    clusterDomain: 'cluster.local',
    channels: {},
    accountsConfigMap: 'sluice-accounts',
    notifications: [],
    concurrency: 8,
    earlyLooks: true,
  },
  windows: [],
  ...{ leaderElection: true, leaseNamespace: 'sluice-system', leaseName: 'sluice-controller' },
  ...{ mode: 'all', apiAudiences: [], maxConnections: 16, maxViewers: 0, apiRatePerCaller: 1, apiRatePerAddress: 1 },
  ...{ leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 },
};

export function startReplica(options: ReplicaOptions): Replica {
  const { name, start, clock, stir, random, line, prometheus, latencyMs } = options;
  const time = new OwnTime(clock, stir);
  const identity = `${name}_${start}`;
  const config: Config = {
    ...usual,
    ...(prometheus === undefined ? {} : { prometheusAddress: 'http://prometheus:9090' }),
    ...options.config,
    identity,
  };
  let how: Ended | undefined;
  const end = (as: Ended) => {
    how ??= as;
    time.end();
  };
  const log = onlyWhile(() => how === undefined, options.log);
  const stop = new AbortController();
  const interrupt = new AbortController();
  const onLost = (reason: string) => {
    if (interrupt.signal.aborted) return;
    log.error({ reason }, 'this process no longer leads; it ends');
    interrupt.abort();
    stop.abort();
  };
  const composed = assemble(config, {
    ...{ clock: time, random, log, onFenced: onLost, onSettled: () => {} },
    wire: new DirectTransport({ line: heardBy(time, line), clock: time, headers: { 'user-agent': `sluice/simulated (${identity})` } }),
    schedule: scheduleOn(time),
    metricWires: { webExchange: nowhere, ...(prometheus === undefined ? {} : { instantQuery: inProcess(prometheus, time, latencyMs) }) },
  });
  // Whoever starts it holds it before it does anything.
  time.after(0, () => {
    const lived = live(composed, { stop: stop.signal, interrupt: interrupt.signal, onLost });
    void lived.then(() => end(interrupt.signal.aborted ? 'lost' : 'stopped'));
  });
  // The process ends itself where the stop takes too long.
  stop.signal.addEventListener('abort', () => time.after(12_000, () => end('lost')), { once: true });
  return {
    ...{ name, identity, time, controller: composed.controller, isElected: config.leaderElection },
    isLeading: () => how === undefined && composed.isLeading(),
    watches: () => line.watches(),
    stop: time.hears(() => stop.abort()),
    kill: () => end('killed'),
    ended: () => how,
  };
}

/** Of a process that is gone no request leaves, and what a frozen one had checked and was about to send leaves when it goes on. */
function heardBy(time: OwnTime, line: ApiLine): ApiLine {
  return {
    send(request, done) {
      time.does(() => line.send(request, time.hears(done)));
    },
    watch(request, { onHead, onLine, onEvent, onEnd }) {
      if (time.isEnded) return { request, cut() {}, close() {} };
      return line.watch(request, {
        ...{ onHead: time.hears(onHead), onLine: time.hears(onLine), onEnd: time.hears(onEnd) },
        ...(onEvent === undefined ? {} : { onEvent: time.hears(onEvent) }),
      });
    },
    watches: () => line.watches(),
  };
}

function onlyWhile(isAlive: () => boolean, log: Logger): Logger {
  const level =
    (name: keyof Logger): Logger['info'] =>
    (fields, message) => {
      if (isAlive()) log[name](fields, message);
    };
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') };
}

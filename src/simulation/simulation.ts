import { renderCrds } from '../api/index.ts';
import type { Config } from '../config.ts';
import { type Logger, type Random, seededRandom, silentLogger } from '../lib/index.ts';
import type { ApiPort, ApiRequest, CallFault, Faults as LineFaults } from '../sandbox/api/index.ts';
import { createSandbox, fork, type Sandbox, type SandboxOptions, StepClock } from '../sandbox/index.ts';
import { createDrive, type Drive, type Stir } from './drive.ts';
import { type Replica, startReplica } from './replica.ts';

export interface SimulationOptions {
  /** The same seed, the same run, to the last byte. */
  readonly seed: number;
  readonly sandbox?: Omit<SandboxOptions, 'clock' | 'random'>;
  readonly startMs?: number;
  /** One way of a request between a controller and a server, [least, most). Default: 1 to 10 ms. */
  readonly latencyMs?: readonly [number, number];
  readonly log?: (replica: string) => Logger;
  /** After each event: the world has changed. */
  readonly onEvent?: () => void;
}

export interface StartOptions {
  readonly config?: Partial<Config>;
  /** What goes wrong between this process and the API server, beside the time that requests take. */
  readonly faults?: LineFaults;
  /** Who serves it in place of the usual front end. */
  readonly frontEnd?: ApiPort;
}

/** The sandbox and processes of the controller under one virtual clock. Nothing in it knows of wall time, sockets or true chance. */
export interface Simulation extends Drive {
  readonly clock: StepClock;
  readonly sandbox: Sandbox;
  /** Of every process that was started, the ended ones included. */
  readonly replicas: readonly Replica[];
  /** For whatever the caller leaves to chance. */
  readonly random: Random;
  start(name: string, options?: StartOptions): Replica;
  /** Ends all processes and the cluster. */
  close(): void;
}

let rendered: readonly unknown[] | undefined;
/** Rendered once for all simulations of a process: a run in thirty of a hunt was spent on it. */
function definitions(): readonly unknown[] {
  rendered ??= renderCrds();
  return rendered;
}

export function createSimulation(options: SimulationOptions): Simulation {
  const random = seededRandom(options.seed);
  const clock = new StepClock({ ...(options.startMs === undefined ? {} : { startMs: options.startMs }), tieBreak: fork(random) });
  const stir: Stir = { isStirred: false };
  const { api, ...others } = options.sandbox ?? {};
  const sandbox = createSandbox({
    ...{ ...others, clock, random: fork(random) },
    api: { ...api, objects: [...definitions(), ...(api?.objects ?? [])] },
  });
  const replicas: Replica[] = [];
  const [least, most] = options.latencyMs ?? [1, 10];
  const start = (name: string, { config = {}, faults = {}, frontEnd }: StartOptions = {}) => {
    const own = fork(random);
    const wire = fork(random);
    const latencyMs = () => least + wire.next() * (most - least);
    const replica = startReplica({
      ...{ name, clock, stir, random: own, config, latencyMs },
      start: replicas.length + 1,
      line: sandbox.line({ faults: takingTime(faults, latencyMs), ...(frontEnd === undefined ? {} : { frontEnd }) }),
      prometheus: sandbox.metrics?.prometheus,
      log: options.log?.(name) ?? silentLogger,
    });
    replicas.push(replica);
    stir.isStirred = true;
    return replica;
  };
  return {
    ...createDrive(clock, stir, options.onEvent ?? (() => {})),
    ...{ clock, sandbox, replicas, random: fork(random), start },
    close() {
      for (const replica of replicas) replica.kill();
      sandbox.stop();
    },
  };
}

/** Requests and answers are under way for a while, whatever else becomes of them. */
function takingTime({ arriving, serving, leaving, streaming }: LineFaults, latencyMs: () => number): LineFaults {
  const late = (fault: CallFault | undefined): CallFault | undefined => {
    if (fault === undefined) return { kind: 'delay', delayMs: latencyMs() };
    return fault.kind === 'delay' ? { ...fault, delayMs: fault.delayMs + latencyMs() } : fault;
  };
  return {
    arriving: (request: ApiRequest) => late(arriving?.(request)),
    leaving: (request, answer) => late(leaving?.(request, answer)),
    ...(serving === undefined ? {} : { serving }),
    ...(streaming === undefined ? {} : { streaming }),
  };
}

import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { CannotPlay, playSeed, type SeedResult } from './play.ts';
import type { PlaySeeds } from './run.ts';
import type { Scenario } from './scenario.ts';

/** What a thread of ours is told when it is made. */
interface Job {
  readonly simulates: Scenario;
}

type Said =
  | { readonly kind: 'ready' }
  | { readonly kind: 'played'; readonly result: SeedResult }
  | { readonly kind: 'cannot'; readonly message: string };
type Told = { readonly kind: 'seed'; readonly seed: number } | { readonly kind: 'done' };

const mostThreads = 8;
/** A thread has to load the program first. */
const seedsWorthAThread = 4;

/** Plays on as many threads as there are processors, this one included. A seed has its result from itself alone, whoever plays it. */
export function crewOf(program: string, onPlayed: (count: number) => void): PlaySeeds {
  return async (scenario, seeds) => {
    const results = new Map<number, SeedResult>();
    const left = [...seeds];
    const played = (result: SeedResult) => {
      results.set(result.seed, result);
      onPlayed(results.size);
    };
    const others = Math.min(mostThreads, availableParallelism(), Math.floor(seeds.length / seedsWorthAThread)) - 1;
    const workers = Array.from(
      { length: Math.max(0, others) },
      () => new Worker(program, { argv: ['simulate'], workerData: { simulates: scenario } satisfies Job }),
    );
    try {
      await Promise.all([playHere(scenario, left, played), ...workers.map((worker) => playThere(worker, left, played))]);
    } finally {
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    return seeds.flatMap((seed) => results.get(seed) ?? []);
  };
}

async function playHere(scenario: Scenario, left: number[], played: (result: SeedResult) => void): Promise<void> {
  for (let seed = left.shift(); seed !== undefined; seed = left.shift()) played(await playSeed(scenario, seed));
}

function playThere(worker: Worker, left: number[], played: (result: SeedResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('message', (said: Said) => {
      if (said.kind === 'cannot') return reject(new CannotPlay(said.message));
      if (said.kind === 'played') played(said.result);
      const seed = left.shift();
      worker.postMessage((seed === undefined ? { kind: 'done' } : { kind: 'seed', seed }) satisfies Told);
      if (seed === undefined) resolve();
    });
  });
}

/** This thread is one of a crew. */
export const isCrew = (): boolean => jobOf(workerData as unknown) !== undefined && parentPort !== null;

const jobOf = (data: unknown): Job | undefined =>
  typeof data === 'object' && data !== null && 'simulates' in data ? (data as Job) : undefined;

/** The life of such a thread: it plays what it is told to, until there is no more. */
export function serveCrew(): Promise<void> {
  const [job, port] = [jobOf(workerData as unknown), parentPort];
  return new Promise((resolve) => {
    if (job === undefined || port === null) return resolve();
    const say = (said: Said) => port.postMessage(said);
    const play = async (seed: number) => {
      try {
        say({ kind: 'played', result: await playSeed(job.simulates, seed) });
      } catch (error) {
        if (!(error instanceof CannotPlay)) throw error;
        say({ kind: 'cannot', message: error.message });
      }
    };
    port.on('message', (told: Told) => {
      if (told.kind === 'done') resolve();
      else void play(told.seed);
    });
    say({ kind: 'ready' });
  });
}

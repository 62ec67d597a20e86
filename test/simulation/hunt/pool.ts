import { Worker } from 'node:worker_threads';
import type { Answer, Job } from './job.ts';
import type { News } from './worker.ts';

export interface PoolOptions {
  readonly file: string;
  readonly workers: number;
  /** So long without a word, and a plan counts as one that does not end. */
  readonly patienceMs?: number;
  /** So long for one run, whatever the worker says. */
  readonly longestMs?: number;
}

export interface Pool {
  /** Hands out jobs until there are no more (or `isEnough` says so), and tells what came of each. */
  run(jobs: Iterable<Job>, onAnswer: (answer: Answer) => void, isEnough?: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** Enough that a worker never waits for the next one, and few enough that the last ones end together. */
const batch = 8;

interface Hand {
  readonly worker: Worker;
  /** Handed out, in the order in which they are done. */
  readonly jobs: Job[];
  newsMs: number;
  /** When the run that it plays began. */
  begunMs: number;
}

export function createPool({ file, workers, patienceMs = 60_000, longestMs = 600_000 }: PoolOptions): Pool {
  const hands = new Set<Hand>();
  let source: Iterator<Job> | undefined;
  let tell: (answer: Answer) => void = () => {};
  let isEnough = () => false;
  let finish: () => void = () => {};
  let fail: (reason: unknown) => void = () => {};

  function hire(again: readonly Job[] = []): void {
    const hand: Hand = {
      worker: new Worker(file, { execArgv: ['--enable-source-maps'] }),
      jobs: [],
      newsMs: performance.now(),
      begunMs: performance.now(),
    };
    hands.add(hand);
    hand.worker.on('message', (news: News) => {
      hand.newsMs = performance.now();
      if (news.kind === 'alive') return;
      hand.begunMs = hand.newsMs;
      if (news.kind === 'begins') return;
      hand.jobs.shift();
      tell(news.answer);
      refill(hand);
    });
    hand.worker.on('error', (reason) => fail(reason));
    if (again.length > 0) give(hand, again);
    else refill(hand);
  }

  function give(hand: Hand, jobs: readonly Job[]): void {
    if (hand.jobs.length === 0) hand.newsMs = hand.begunMs = performance.now();
    hand.jobs.push(...jobs);
    hand.worker.postMessage(jobs);
  }

  function refill(hand: Hand): void {
    const jobs: Job[] = [];
    while (source !== undefined && hand.jobs.length + jobs.length < batch && (hand.jobs.length <= batch / 2 || jobs.length > 0)) {
      const next = isEnough() ? undefined : source.next();
      if (next === undefined || next.done === true) source = undefined;
      else jobs.push(next.value);
    }
    if (jobs.length > 0) give(hand, jobs);
    if (source === undefined && [...hands].every((each) => each.jobs.length === 0)) finish();
  }

  /** Ends workers that have said nothing for too long; what they had not begun goes to new ones. */
  function watch(): void {
    for (const hand of hands) {
      const [job, ...others] = hand.jobs;
      const nowMs = performance.now();
      if (job === undefined || (nowMs - hand.newsMs < patienceMs && nowMs - hand.begunMs < longestMs)) continue;
      hands.delete(hand);
      void hand.worker.terminate();
      tell({ kind: 'hung', job });
      hire(others);
    }
  }

  const watching = setInterval(watch, 2_000);
  return {
    async run(jobs, onAnswer, enough = () => false) {
      source = jobs[Symbol.iterator]();
      tell = onAnswer;
      isEnough = enough;
      const done = new Promise<void>((resolve, reject) => {
        finish = resolve;
        fail = reject;
      });
      if (hands.size === 0) for (let index = 0; index < workers; index += 1) hire();
      else for (const hand of hands) refill(hand);
      await done;
    },
    async close() {
      clearInterval(watching);
      await Promise.all([...hands].map(({ worker }) => worker.terminate()));
    },
  };
}

import { parentPort } from 'node:worker_threads';
import type { Plan } from '../play/plan.ts';
import type { Answer, Job, Played } from './job.ts';
import { learn } from './learn.ts';
import { playBeside } from './reference.ts';
import { shrink } from './shrink.ts';

/** What a worker says: that it goes on, that it begins another run, and what came of a job. */
export type News = { readonly kind: 'alive' } | { readonly kind: 'begins' } | { readonly kind: 'answer'; readonly answer: Answer };

/** One thread: takes jobs in order until it is ended. */
export function work(): void {
  const port = parentPort;
  if (port === null) throw new Error('not in a worker');
  const say = (news: News) => port.postMessage(news);
  // Where nobody waits for a promise that fails, the plan that is played is charged with it.
  process.on('unhandledRejection', (reason) => {
    stray ??= textOf(reason);
  });
  // A thread that is slow says so; one that goes round within one event cannot.
  setInterval(() => say({ kind: 'alive' }), 5_000);
  let last = Promise.resolve();
  port.on('message', (jobs: readonly Job[]) => {
    for (const job of jobs)
      last = last.then(async () => {
        say({ kind: 'begins' });
        say({ kind: 'answer', answer: await answerTo(job, () => say({ kind: 'begins' })) });
      });
  });
}

let stray: string | undefined;

async function answerTo(job: Job, onPlay: () => void): Promise<Answer> {
  switch (job.kind) {
    case 'play':
      return { kind: 'played', job, played: await played(job.plan) };
    case 'learn':
      return { kind: 'learned', job, learned: await learn(job.plan) };
    case 'shrink': {
      const shrunk = await shrink(job.plan, job.law, onPlay).catch(() => undefined);
      const asItWas = { plan: job.plan, violation: { law: job.law, what: 'it does not shrink', atMs: 0 }, effects: [], plays: 1 };
      return { kind: 'shrunk', job, shrunk: shrunk ?? asItWas };
    }
  }
}

export async function played(plan: Plan): Promise<Played> {
  stray = undefined;
  try {
    const { hash, struck, evaluated, requests, size, violations } = await playBeside(plan);
    const thrown = stray === undefined ? undefined : { law: 'throws', what: stray, atMs: size.lengthMs };
    return { plan, hash, struck, evaluated, requests, lengthMs: size.lengthMs, violation: violations[0] ?? thrown };
  } catch (error) {
    const violation = { law: 'throws', what: textOf(error), atMs: 0 };
    return { plan, violation, hash: '', struck: {}, evaluated: {}, requests: { sent: 0, lost: 0, failed: 0 }, lengthMs: 0 };
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

import { laws } from '../laws/index.ts';
import { type Plan, planText } from '../play/plan.ts';
import type { Answer, Job, Learned, Shrunk } from './job.ts';
import type { HuntOptions } from './options.ts';
import { createPool, type Pool } from './pool.ts';
import { sample } from './sample.ts';
import { replayCommand, violationText } from './show.ts';
import { type StageContext, stages } from './stages/index.ts';
import { count, createTally, type Found, type Tally } from './tally.ts';

export interface Hunted {
  readonly tally: Tally;
  readonly shrunk: readonly Shrunk[];
  readonly points: ReadonlyMap<string, number>;
  readonly wallMs: number;
}

/** Of one law in one workload, one violation is enough to look at. */
const shrunkAtMost = 12;

/** Plays what was asked for on all cores. `file`: what a worker is started from. */
export async function hunt(options: HuntOptions, file: string, say: (line: string) => void): Promise<Hunted> {
  const startedMs = performance.now();
  const pool = createPool({ file, workers: options.workers });
  try {
    const learned = await learnAll(options, pool);
    const points = new Map([...learned].map(([key, { effects }]) => [key, effects.length]));
    const context: StageContext = {
      ...options,
      learned(workload, replicas) {
        const found = learned.get(keyOf(workload, replicas));
        if (found === undefined) throw new Error(`nothing was learned of ${workload}`);
        return found;
      },
    };
    const tally = createTally();
    const endMs = options.minutes === undefined ? Number.POSITIVE_INFINITY : startedMs + options.minutes * 60_000;
    let saidMs = performance.now();
    const onAnswer = (answer: Answer) => {
      take(tally, answer, say);
      if (performance.now() - saidMs < 10_000) return;
      saidMs = performance.now();
      const runs = [...tally.runs].map(([stage, played]) => `${stage} ${played}`).join(', ');
      say(`${((saidMs - startedMs) / 1_000).toFixed(0)} s: runs ${runs}; violations ${tally.found.length}`);
    };
    await pool.run(jobs(options, context), onAnswer, () => performance.now() > endMs);
    const wallMs = performance.now() - startedMs;
    return { tally, points, wallMs, shrunk: await shrinkAll(tally.found, pool) };
  } finally {
    await pool.close();
  }
}

const keyOf = (workload: string, replicas?: number): string => `${workload}/${replicas ?? 'all'}`;

/** The fault-free runs: how many places there are for faults to strike. */
async function learnAll({ workloads, firstSeed, stages: asked }: HuntOptions, pool: Pool): Promise<ReadonlyMap<string, Learned>> {
  const learned = new Map<string, Learned>();
  const needed = asked.includes('A') ? [undefined, 1] : [undefined];
  const plans = workloads.flatMap((workload) =>
    needed.map((replicas): Plan => ({ workload, seed: firstSeed, faults: [], ...(replicas === undefined ? {} : { replicas }) })),
  );
  await pool.run(
    plans.map((plan): Job => ({ kind: 'learn', plan })),
    (answer) => {
      if (answer.kind === 'hung') throw new Error(`without faults this does not end: ${planText(answer.job.plan)}`);
      if (answer.kind === 'learned') learned.set(keyOf(answer.job.plan.workload, answer.job.plan.replicas), answer.learned);
    },
  );
  return learned;
}

function* jobs(options: HuntOptions, context: StageContext): Generator<Job> {
  for (const stage of stages.filter(({ name }) => options.stages.includes(name)))
    for (const plan of sample(stage.plans(context), options)) yield { kind: 'play', stage: stage.name, plan };
}

function take(tally: Tally, answer: Answer, say: (line: string) => void): void {
  if (answer.kind === 'hung' && answer.job.kind === 'play') {
    const { stage, plan } = answer.job;
    count(tally, stage, {
      plan,
      violation: { law: 'progress', what: 'its thread said nothing for a minute, or it took ten; it was ended', atMs: 0 },
    });
    say(`${stage}: progress: ${replayCommand(plan)}`);
  }
  if (answer.kind !== 'played') return;
  count(tally, answer.job.stage, answer.played);
  const { violation, plan } = answer.played;
  if (violation !== undefined) say(`${answer.job.stage}: ${violation.law}: ${violation.what.split('\n')[0]}: ${planText(plan)}`);
}

/** The first of each law and workload is made as small as it gets. */
async function shrinkAll(found: readonly Found[], pool: Pool): Promise<readonly Shrunk[]> {
  const first = new Map<string, Found>();
  for (const each of found) {
    const key = `${each.violation.law} ${each.plan.workload}`;
    // What did not end cannot be played again and again.
    if (!first.has(key) && each.violation.law !== 'progress') first.set(key, each);
  }
  const shrunk: Shrunk[] = [];
  const jobs = [...first.values()].slice(0, shrunkAtMost);
  if (jobs.length === 0) return shrunk;
  await pool.run(
    jobs.map(({ stage, plan, violation }): Job => ({ kind: 'shrink', stage, plan, law: violation.law })),
    (answer) => {
      if (answer.kind === 'shrunk') shrunk.push(answer.shrunk);
    },
  );
  return shrunk.sort((left, right) => orderOf(left) - orderOf(right));
}

const orderOf = ({ violation }: Shrunk): number => laws.findIndex(({ id }) => id === violation.law);

export const shrunkText = (shrunk: readonly Shrunk[]): string => shrunk.map(violationText).join('\n\n');

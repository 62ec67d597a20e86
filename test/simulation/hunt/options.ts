import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Plan } from '../play/plan.ts';
import { parsePlan } from '../play/plan.ts';
import { workloads } from '../workloads/index.ts';
import { stages } from './stages/index.ts';

export interface HuntOptions {
  readonly stages: readonly string[];
  readonly workloads: readonly string[];
  readonly seeds: number;
  readonly firstSeed: number;
  /** Of wall time; undefined: until all is played. */
  readonly minutes: number | undefined;
  readonly workers: number;
  /** Of each stage every n-th plan is played, beginning with the one at `offset`. Default: 1 and 0, all. */
  readonly every: number;
  readonly offset: number;
  readonly replay: Plan | undefined;
  readonly writesReport: boolean;
}

export const usage = `npm run simulate:hunt -- [options]
  --seeds N        random seeds of stage C (default: 2000, or as many as fit into --minutes)
  --first S        the first seed (default: a random one, which is printed)
  --stage A|B|C|D  only this stage; may be given more than once (default: all)
  --workload W     only this workload; may be given more than once (default: all)
  --every N        of each stage only every n-th plan (default: 1, all)
  --offset K       with --every: beginning with the k-th, from 0 to N - 1 (default: 0)
  --minutes M      hands out nothing more after so long
  --workers N      threads (default: one for each core)
  --replay PLAN    plays one plan and prints its trace
  --report         writes docs/reliability.md`;

export function huntOptions(args: readonly string[]): HuntOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ seeds: { type: 'string' }, first: { type: 'string' }, minutes: { type: 'string' }, workers: { type: 'string' } },
      ...{ stage: { type: 'string', multiple: true }, workload: { type: 'string', multiple: true } },
      ...{ every: { type: 'string' }, offset: { type: 'string' } },
      ...{ replay: { type: 'string' }, report: { type: 'boolean' } },
    },
  });
  const minutes = values.minutes === undefined ? undefined : positive('minutes', values.minutes);
  const usualSeeds = minutes === undefined ? 2_000 : Number.POSITIVE_INFINITY;
  return {
    stages: chosen(
      'stage',
      stages.map(({ name }) => name),
      values.stage,
    ),
    workloads: chosen(
      'workload',
      workloads.map(({ name }) => name),
      values.workload,
    ),
    seeds: values.seeds === undefined ? usualSeeds : positive('seeds', values.seeds),
    firstSeed: values.first === undefined ? randomInt(2 ** 31) : Number(values.first),
    ...{ minutes, workers: values.workers === undefined ? availableParallelism() : positive('workers', values.workers) },
    ...sampleOptions(values),
    replay: values.replay === undefined ? undefined : parsePlan(values.replay),
    writesReport: values.report === true,
  };
}

function sampleOptions({ every: everyText = '1', offset: offsetText = '0' }: { readonly every?: string; readonly offset?: string }) {
  const every = Number(everyText);
  const offset = Number(offsetText);
  if (!Number.isInteger(every) || every < 1) throw new Error('--every must be a whole number from 1');
  if (!Number.isInteger(offset) || offset < 0 || offset >= every)
    throw new Error('--offset must be a whole number from 0, and below --every');
  return { every, offset };
}

/** As it is asked for again. */
export const sampleArguments = ({ every, offset }: Pick<HuntOptions, 'every' | 'offset'>): string =>
  every === 1 ? '' : ` --every ${every} --offset ${offset}`;

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0`);
  return value;
}

function chosen(name: string, known: readonly string[], asked: readonly string[] | undefined): readonly string[] {
  const unknown = (asked ?? []).filter((each) => !known.includes(each));
  if (unknown.length > 0) throw new Error(`no ${name} is called ${unknown.join(', ')}: ${known.join(', ')}`);
  return asked === undefined ? known : known.filter((each) => asked.includes(each));
}

// One planted bug of our own for each of the 46 real failures: `npm run simulate:mutants [C1 ...]`. Plays each until a law speaks, and what spoke
// once more on the product as it is, which must be silent. Prints the table, writes results.json where all were played, and ends with 1 if one survives.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { planText } from '../play/plan.ts';
import type { Mutant } from './mutant.ts';
import { mutants, notYet } from './mutants.table.ts';
import { buildPlayer } from './plant.ts';
import type { Answer, Job } from './player.ts';

const root = process.cwd();
const folder = join(root, 'node_modules/.cache/sluice/mutants');
const atOnce = Number(process.env.SLUICE_MUTANTS_AT_ONCE) || availableParallelism();
/** Of one mutant, should it spin. */
const hardMs = 600_000;

interface Verdict {
  readonly c: string;
  readonly mutant: string;
  readonly kind: 'caught' | 'survived' | 'otherwise' | 'unsound' | 'broken';
  readonly law?: string;
  readonly what?: string;
  /** How many plans it took. */
  readonly plans: number;
  readonly plan?: string;
}

function ask(program: string, job: Job): Promise<Answer | string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', program], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    let complained = '';
    child.stdout.on('data', (part) => {
      said += part;
    });
    child.stderr.on('data', (part) => {
      complained = (complained + part).slice(-2_000);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), hardMs);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(code === 0 && said !== '' ? (JSON.parse(said) as Answer) : `ended with ${signal ?? code}: ${complained}`);
    });
    child.stdin.end(JSON.stringify(job));
  });
}

async function judge(mutant: Mutant, sound: string): Promise<Verdict> {
  const { c, name, workloads, faults, plans, laws } = mutant;
  const told = { c, mutant: name, plans: 0 };
  const program = join(folder, `${c}.mjs`);
  const problem = await buildPlayer(program, root, mutant).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  if (problem !== undefined) return { ...told, kind: 'broken', what: problem };
  const asked = { workloads, ...(faults === undefined ? {} : { faults }), ...(plans === undefined ? {} : { plans }) };
  const answer = await ask(program, { kind: 'hunt', asked });
  if (typeof answer === 'string') return { ...told, kind: 'broken', what: answer };
  const { plan, violation } = answer;
  if (plan === undefined || violation === undefined) return { ...told, kind: 'survived', plans: answer.plans };
  const seen = { ...told, plans: answer.plans, law: violation.law, what: violation.what, plan: planText(plan) };
  if (!laws.includes(violation.law)) return { ...seen, kind: 'otherwise' };
  const again = await ask(sound, { kind: 'replay', plan });
  return { ...seen, kind: typeof again !== 'string' && again.violation === undefined ? 'caught' : 'unsound' };
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 200);

function print({ c, mutant, kind, law = '', what = '', plans, plan = '' }: Verdict): void {
  const mark = kind === 'caught' ? 'caught' : kind.toUpperCase();
  process.stdout.write(`${c.padEnd(4)}${mark.padEnd(10)}${law.padEnd(5)}${String(plans).padStart(4)}  ${mutant}\n`);
  if (what !== '') process.stdout.write(`        ${oneLine(what)}\n`);
  if (plan !== '') process.stdout.write(`        ${plan}\n`);
}

async function main(wanted: readonly string[]): Promise<number> {
  const chosen = mutants.filter(({ c }) => wanted.length === 0 || wanted.includes(c));
  mkdirSync(folder, { recursive: true });
  const sound = join(folder, 'sound.mjs');
  await buildPlayer(sound, root);
  const verdicts: Verdict[] = [];
  const waiting = [...chosen];
  const hand = async () => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const verdict = await judge(mutant, sound);
      verdicts.push(verdict);
      print(verdict);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, hand));
  const inOrder = chosen.flatMap(({ c, name }) => verdicts.find((verdict) => verdict.c === c && verdict.mutant === name) ?? []);
  if (wanted.length === 0) {
    const file = join(root, 'test/simulation/mutants/results.json');
    writeFileSync(file, `${JSON.stringify({ mutants: inOrder, notYet }, undefined, 2)}\n`);
  }
  for (const { c, reason } of notYet) process.stdout.write(`${c.padEnd(4)}not yet   ${reason}\n`);
  const caught = inOrder.filter(({ kind }) => kind === 'caught');
  const needed = caught.map(({ plans }) => plans).sort((left, right) => left - right);
  process.stdout.write(
    `\n${caught.length} of ${chosen.length} caught; plans to catch: median ${needed[needed.length >> 1] ?? 0}, most ${needed.at(-1) ?? 0}\n`,
  );
  return caught.length === chosen.length && chosen.length > 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));

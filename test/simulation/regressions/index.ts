import { readdirSync, readFileSync } from 'node:fs';
import type { Plan } from '../play/plan.ts';

/** A plan that failed once, and what it showed. It stays for ever. */
export interface Regression {
  readonly text: string;
  readonly plan: Plan;
}

const folder = 'test/simulation/regressions';

/** One a line, `showed` beside the members of the plan, in files by who found them. Read from the repository's root, where npm runs. */
export const regressions: readonly Regression[] = readdirSync(folder)
  .filter((file) => file.endsWith('.jsonl'))
  .sort()
  .flatMap((file) => readFileSync(`${folder}/${file}`, 'utf8').split('\n'))
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const { showed, ...plan } = JSON.parse(line) as Plan & { readonly showed: string };
    return { text: showed, plan };
  });

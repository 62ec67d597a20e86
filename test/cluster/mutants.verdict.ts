// What a run of one scenario on one mutant proves. Pure, so that a unit test holds it.
import type { Mutant } from './mutants.table.ts';

/** What vitest's JSON reporter says, as far as it is looked at. */
export interface Report {
  readonly testResults: readonly {
    /** Of the file: an import or a hook that failed. */
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

export interface Verdict {
  /**
   * Only `caught` proves anything. `otherwise`: the scenario failed, but not at the assertion that this fault is there for, as from a bed in
   * trouble, a time-out or a mutant that does not start. `broken`: the scenario did not run.
   */
  readonly kind: 'caught' | 'survived' | 'otherwise' | 'broken';
  readonly detail: string;
}

export function verdictOf({ scenario, says }: Pick<Mutant, 'scenario' | 'says'>, report: Report | undefined): Verdict {
  if (report === undefined) return { kind: 'broken', detail: 'vitest left no report' };
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const ran = tests.filter(({ status }) => status === 'passed' || status === 'failed');
  const files = report.testResults.map(({ message = '' }) => message).join('\n');
  const [only] = ran;
  if (only === undefined) return { kind: 'broken', detail: files.trim() || `no test is named ${scenario}` };
  if (ran.length > 1) return { kind: 'broken', detail: `${ran.length} tests are named ${scenario}` };
  if (only.status === 'passed') return { kind: 'survived', detail: only.fullName };
  const messages = (only.failureMessages ?? []).map(withoutStack);
  const wanted = messages.find((message) => says.test(message));
  return wanted === undefined ? { kind: 'otherwise', detail: messages.join(' | ') } : { kind: 'caught', detail: wanted };
}

/** The stack has paths and names in it, which `says` must not match. */
const withoutStack = (text: string): string => text.split(/\n\s+at /)[0] ?? '';

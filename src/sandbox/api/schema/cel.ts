import { Environment } from '@marcbachmann/cel-js';

export type CelContext = Readonly<Record<string, unknown>>;
type Program = (context: CelContext) => unknown;

/** A value, or why there is none. */
export type CelOutcome = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'problem'; readonly problem: string };

/** Compiles expressions once, and evaluates them. */
export interface Cel {
  /** Why an expression cannot be compiled; undefined where it can. */
  problem(expression: string): string | undefined;
  evaluate(expression: string, context: CelContext): CelOutcome;
}

export function createCel(environment: Environment): Cel {
  const programs = new Map<string, Program | { readonly problem: string }>();

  function compile(expression: string): Program | { readonly problem: string } {
    let program = programs.get(expression);
    if (program === undefined) {
      try {
        const parsed = environment.parse(expression);
        const { valid, error } = parsed.check();
        program = valid ? parsed : { problem: problemOf(error) };
      } catch (error) {
        program = { problem: problemOf(error) };
      }
      programs.set(expression, program);
    }
    return program;
  }

  return {
    problem(expression) {
      const program = compile(expression);
      return typeof program === 'function' ? undefined : program.problem;
    },
    evaluate(expression, context) {
      const program = compile(expression);
      if (typeof program !== 'function') return { kind: 'problem', problem: program.problem };
      try {
        return { kind: 'value', value: program(context) };
      } catch (error) {
        return { kind: 'problem', problem: problemOf(error) };
      }
    },
  };
}

export const celEnvironment = (): Environment => new Environment();

/** One line, as Go begins its own. */
function problemOf(error: unknown): string {
  const text = error instanceof Error ? ('summary' in error ? String(error.summary) : error.message) : String(error);
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1).split('\n')[0] ?? ''}`;
}

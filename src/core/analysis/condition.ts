import { Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import type { Result } from '../../lib/index.ts';
import { fail, isObject, ok } from '../../lib/index.ts';
import type { ArgumentText } from './cel-text.ts';
import { argumentText, celText, linearMatches } from './cel-text.ts';
import type { Metric } from './metric.ts';
import { lookUpText } from './placeholder.ts';
import type { Problem } from './problem.ts';
import type { Scope } from './scope.ts';

/**
 * Conditions of a metric: CEL over `result` (the Common Expression Language, cel-spec's langdef). A double for providers of numbers, any JSON value for `web`.
 * Whole numbers mix with doubles; `matches` takes RE2's syntax, in linear time; how long an evaluation may take is bounded before it starts.
 */
export type ResultKind = 'double' | 'dyn';

/** What `result` is in the conditions of this metric. */
export const resultKindOf = ({ provider }: Metric): ResultKind => (provider.web === undefined ? 'double' : 'dyn');

const limits = { maxAstNodes: 500, maxDepth: 32, maxListElements: 200, maxMapEntries: 100, maxCallArguments: 8 };
/** Steps of one evaluation at most, some 0.1 us each: an answer that is larger than its condition can bear is not evaluated. */
const mostSteps = 500_000;
/** RE2 in JavaScript takes some 5 us for a character. */
const stepsOfMatching = 50;
/** What is written must bear an answer of this size. */
const smallestAnswer: Size = { values: 16, characters: 256 };

/** Stands for an argument whose value is not known yet. */
const unknownArgument = 'argument';

const loops = new Set(['all', 'exists', 'exists_one', 'filter']);
const known = new Set([
  ...loops,
  ...[
    linearMatches,
    'contains',
    'startsWith',
    'endsWith',
    'size',
    'has',
    'int',
    'uint',
    'double',
    'string',
    'bool',
    'duration',
    'timestamp',
  ],
  // As users of Argo Rollouts know them.
  ...['asFloat', 'asInt', 'isNaN', 'isInf', 'len'],
]);

function environmentOf(kind: ResultKind, hasUnknown: boolean): Environment {
  const environment = new Environment({ limits })
    .registerVariable('result', kind)
    .registerFunction(`string.${linearMatches}(string): bool`, (text: string, pattern: string) =>
      RE2JS.compile(pattern).matcher(text).find(),
    )
    .registerFunction('asFloat(dyn): double', (value: unknown) => Number(value))
    .registerFunction('asInt(dyn): int', (value: unknown) => BigInt(Math.trunc(Number(value))))
    .registerFunction('isNaN(dyn): bool', (value: unknown) => Number.isNaN(Number(value)))
    .registerFunction('isInf(dyn): bool', (value: unknown) => Math.abs(Number(value)) === Number.POSITIVE_INFINITY)
    .registerFunction('len(dyn): int', (value: unknown) => BigInt(lengthOf(value)));
  const operators: Readonly<Record<string, (left: number, right: number) => number>> = {
    '+': (one, other) => one + other,
    '-': (one, other) => one - other,
    '*': (one, other) => one * other,
    '/': (one, other) => one / other,
    '%': (one, other) => one % other,
  };
  for (const [operator, compute] of Object.entries(operators)) {
    environment.registerOperator(`double ${operator} int: double`, (one: number, other: bigint) => compute(one, Number(other)));
    environment.registerOperator(`int ${operator} double: double`, (one: bigint, other: number) => compute(Number(one), other));
  }
  // With it come `!=` and the other order of both.
  environment.registerOperator('double == int: bool', (one: unknown, other: unknown) => Number(one) === Number(other));
  environment.registerOperator('double % double: double', (one: number, other: number) => one % other);
  return hasUnknown ? environment.registerVariable(unknownArgument, 'dyn') : environment;
}

/** The types of values, with arguments as they are and with arguments yet to come. */
const environments = {
  double: { known: environmentOf('double', false), open: environmentOf('double', true) },
  dyn: { known: environmentOf('dyn', false), open: environmentOf('dyn', true) },
};

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  throw new Error('len needs a string, a list or a map');
}

/** Why the condition can never be evaluated, whatever its arguments will be; undefined where it can. */
export function conditionProblem(text: string, kind: ResultKind): string | undefined {
  const compiled = compile(text, kind);
  return compiled.ok ? undefined : compiled.failure;
}

/** Why the conditions of the metric cannot be evaluated with the arguments in `scope`. Paths below the metric. */
export function conditionProblemsIn(metric: Metric, scope: Scope): readonly Problem[] {
  return (['successCondition', 'failureCondition'] as const).flatMap((field) => {
    const text = metric[field];
    const compiled = text === undefined ? undefined : compile(text, resultKindOf(metric), argumentsOf(scope));
    return compiled === undefined || compiled.ok ? [] : [{ path: [field], message: compiled.failure }];
  });
}

/** Whether the condition holds for `result`; a failure says why that cannot be told. */
export function holds(
  text: string,
  result: unknown,
  { kind, scope }: { readonly kind: ResultKind; readonly scope: Scope },
): Result<boolean, string> {
  const compiled = compile(text, kind, argumentsOf(scope));
  if (!compiled.ok) return compiled;
  const { evaluate, stepsAt } = compiled.value;
  const size = sizeOf(result);
  if (stepsAt(size) > mostSteps)
    return fail(`the answer (${size.values} values, ${size.characters} characters) is too large for ${short(text)}`);
  try {
    const value = evaluate({ result });
    return typeof value === 'boolean'
      ? ok(value)
      : fail(`${short(text)} is ${typeof value === 'bigint' ? String(value) : JSON.stringify(value)}, not true or false`);
  } catch (error) {
    return fail(`${short(text)}: ${lineOf(error)}`);
  }
}

const argumentsOf =
  (scope: Scope) =>
  (placeholder: Parameters<typeof lookUpText>[0]): Result<ArgumentText, string> => {
    const found = lookUpText(placeholder, scope);
    return found.ok ? ok(argumentText(found.value)) : found;
  };

interface Compiled {
  readonly evaluate: (context: Readonly<Record<string, unknown>>) => unknown;
  /** An upper bound of the steps of one evaluation, over an answer of this size. */
  readonly stepsAt: (size: Size) => number;
}

/** Numbers, texts and the like in a JSON value, with the lists and maps around them, and what its texts are long together. */
interface Size {
  readonly values: number;
  readonly characters: number;
}

function compile(text: string, kind: ResultKind, argument?: Parameters<typeof celText>[1]): Result<Compiled, string> {
  const source = celText(text, argument ?? (() => ok({ bare: unknownArgument, quoted: 'x' })));
  if (!source.ok) return fail(source.failure.join('; '));
  try {
    const program = environments[kind][argument === undefined ? 'open' : 'known'].parse(source.value);
    const tree = program.ast as unknown;
    const refused = refusedIn(tree);
    if (refused !== undefined) return fail(refused);
    const { valid, type, error } = program.check();
    if (!valid) return fail(lineOf(error));
    if (type !== 'bool' && type !== 'dyn') return fail(`is of type ${type}, not bool`);
    const stepsAt = (size: Size) => stepsOf(tree, size, 1);
    if (stepsAt(smallestAnswer) > mostSteps) return fail('would take too long: fewer loops inside each other');
    return ok({ evaluate: (context) => program({ ...context }), stepsAt });
  } catch (error) {
    return fail(lineOf(error));
  }
}

/** A node of the tree: an operation, and its operands in whatever nesting. */
interface Node {
  readonly op: string;
  readonly args: unknown;
}

const isNode = (value: unknown): value is Node => isObject(value) && typeof value.op === 'string';

const partsOf = ({ args }: Node): readonly unknown[] => (Array.isArray(args) ? args : [args]);

/** The function of a call; undefined of anything else. */
const calledBy = ({ op, args }: Node): string | undefined =>
  (op === 'call' || op === 'rcall') && Array.isArray(args) && typeof args[0] === 'string' ? args[0] : undefined;

function refusedIn(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.map(refusedIn).find((problem) => problem !== undefined);
  if (!isNode(value)) return undefined;
  const name = calledBy(value);
  if (name !== undefined && !known.has(name))
    return `no function ${name} here; there are ${[...known].map((one) => (one === linearMatches ? 'matches' : one)).join(', ')}`;
  return refusedIn(partsOf(value));
}

/** Each node once for each turn of the loops that it stands in; comparing and searching walk over the answer once more. */
function stepsOf(value: unknown, size: Size, turns: number): number {
  if (Array.isArray(value)) return value.reduce((sum: number, part) => sum + stepsOf(part, size, turns), 0);
  if (!isNode(value)) return 0;
  const name = calledBy(value);
  const isWalk = value.op === '==' || value.op === '!=' || value.op === 'in';
  const own = isWalk ? size.values : name === linearMatches ? size.characters * stepsOfMatching : 1;
  if (name === undefined || !loops.has(name)) return own * turns + stepsOf(partsOf(value), size, turns);
  const [, over, body] = partsOf(value);
  return turns + stepsOf(over, size, turns) + stepsOf(body, size, turns * Math.max(1, size.values));
}

function sizeOf(value: unknown): Size {
  if (typeof value === 'string') return { values: 1, characters: value.length };
  const parts = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return parts.map(sizeOf).reduce((sum, part) => ({ values: sum.values + part.values, characters: sum.characters + part.characters }), {
    ...{ values: 1, characters: 0 },
  });
}

const short = (text: string): string => (text.length <= 200 ? text : `${text.slice(0, 199)}…`);

function lineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? '').replaceAll(linearMatches, 'matches').slice(0, 300);
}

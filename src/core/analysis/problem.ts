/** What is wrong with a template, a run or its arguments, and where: a path below `spec`. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** `metrics[0].interval: must be at least 1s`. */
export function problemText({ path, message }: Problem): string {
  const where = path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
  return where === '' ? message : `${where}: ${message}`;
}

/** The same problem, seen from the object that holds `key`. */
export const within = (key: string | number, { path, message }: Problem): Problem => ({ path: [key, ...path], message });

export const below = (key: string | number, problems: readonly Problem[]): readonly Problem[] =>
  problems.map((problem) => within(key, problem));

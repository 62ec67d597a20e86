import type { World } from './world.ts';

/** What is wrong with the templates that the spec refers to, all of it, each once; undefined where they can be used. */
export function templateRemark({ templateProblems }: World): string | undefined {
  const messages = new Set(templateProblems.map(({ message }) => message));
  return messages.size === 0 ? undefined : `${[...messages].join('; ')}; until that is mended no release gets more traffic`;
}

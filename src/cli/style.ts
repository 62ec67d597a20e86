import { speaksUnicode } from './demo/screen.ts';
import type { Style } from './demo/text.ts';
import type { Out, Outside } from './outside.ts';

/** Can be drawn on, in place. */
export const isTerminal = (out: Out, env: Outside['env']): boolean => out.isTTY === true && env.TERM !== 'dumb';

/** https://force-color.org before https://no-color.org, as Node has it. */
export function hasColour(out: Out, env: Outside['env']): boolean {
  const { FORCE_COLOR: forced, NO_COLOR: not = '' } = env;
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  return not === '' && isTerminal(out, env);
}

/** Into a file or a pipe nothing is cut. */
export function styleOf(out: Out, env: Outside['env']): Style {
  const width = isTerminal(out, env) ? Math.max(narrowest, out.columns || 80) : Number.POSITIVE_INFINITY;
  return { width, hasColour: hasColour(out, env), isUnicode: speaksUnicode(env) };
}

const narrowest = 20;

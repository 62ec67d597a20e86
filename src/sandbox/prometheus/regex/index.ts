import { fail, ok, type Result } from '../../../lib/result.ts';
import { runWhole } from './match.ts';
import { parseRegex } from './parse.ts';
import { compileProgram } from './program.ts';
import { RegexError } from './syntax.ts';

/** A regular expression as Prometheus uses it: RE2's syntax, anchored at both ends, matched in linear time. */
export interface Regex {
  test(text: string): boolean;
  /** The template with `$1`, `${name}` and `$$` filled in from the text's groups; undefined where the text does not match. */
  expand(text: string, template: string): string | undefined;
}

/** The failure is Go's own sentence. */
export function compileRegex(pattern: string): Result<Regex, string> {
  try {
    // As the real server wraps it, so that an error in the expression quotes the same text.
    const { root, groupNames } = parseRegex(`^(?:${pattern})$`);
    const program = compileProgram(root);
    const known = new Map<string, boolean>();
    return ok({
      test(text) {
        let found = known.get(text);
        if (found === undefined) {
          found = runWhole(program, [...text], 0) !== undefined;
          // The values of labels are few and come again and again.
          if (known.size > 10_000) known.clear();
          known.set(text, found);
        }
        return found;
      },
      expand(text, template) {
        const runes = [...text];
        const bounds = runWhole(program, runes, groupNames.length * 2);
        return bounds === undefined ? undefined : expandTemplate(template, groupsOf(runes, bounds, groupNames));
      },
    });
  } catch (error) {
    if (error instanceof RegexError) return fail(error.message);
    throw error;
  }
}

function groupsOf(
  runes: readonly string[],
  bounds: readonly number[],
  names: readonly (string | undefined)[],
): ReadonlyMap<string, string> {
  const groups = new Map<string, string>([['0', runes.join('')]]);
  for (const [index, name] of names.entries()) {
    if (index === 0) continue;
    const [from = -1, to = -1] = bounds.slice(index * 2, index * 2 + 2);
    const text = from < 0 || to < 0 ? '' : runes.slice(from, to).join('');
    groups.set(String(index), text);
    // Two groups may have one name: the first that took part counts.
    if (name !== undefined && from >= 0 && !groups.has(name)) groups.set(name, text);
  }
  return groups;
}

/** Go's Expand: the longest run of letters, digits and underscores is the name; a `$` before anything else stays. */
const expandTemplate = (template: string, groups: ReadonlyMap<string, string>): string =>
  template.replace(/\$(?:(\$)|([0-9A-Za-z_]+)|\{([0-9A-Za-z_]+)\})/g, (_, dollar?: string, name?: string, braced?: string) =>
    dollar === undefined ? (groups.get(name ?? braced ?? '') ?? '') : '$',
  );

import { isObject } from '../../../lib/index.ts';

type Step =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'index'; readonly at: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly path: readonly Step[]; readonly value: string };

/**
 * The paths that printer columns and `/scale` use: `.status.phase`, `.a[0].b`, `.a['b.c']`, `.a[*].b` and
 * `.status.conditions[?(@.type=="Ready")].status`. Undefined where the text is none of those.
 */
export function parseJsonPath(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = text.replace(/^\$/, '');
  while (rest !== '') {
    const found =
      /^\.([^.[\]]+)/.exec(rest) ??
      /^\[(\d+)\]/.exec(rest) ??
      /^\[\*\]/.exec(rest) ??
      /^\[['"]((?:\\.|[^'"])*)['"]\]/.exec(rest) ??
      /^\[\?\(@(\.[^=!<>]+?)\s*==\s*['"]([^'"]*)['"]\)\]/.exec(rest);
    if (found === null) return undefined;
    const step = stepOf(found);
    if (step === undefined) return undefined;
    steps.push(step);
    rest = rest.slice(found[0].length);
  }
  return steps;
}

function stepOf([whole, first = '', second]: RegExpExecArray): Step | undefined {
  if (whole === '[*]') return { kind: 'all' };
  if (second !== undefined) {
    const path = parseJsonPath(first);
    return path === undefined ? undefined : { kind: 'filter', path, value: second };
  }
  if (/^\[\d+\]$/.test(whole)) return { kind: 'index', at: Number(first) };
  return { kind: 'member', name: first.replace(/\\(.)/g, '$1') };
}

/** What the path finds: none, one or several values. */
export function findAll(value: unknown, path: readonly Step[]): readonly unknown[] {
  let found: readonly unknown[] = [value];
  for (const step of path) found = found.flatMap((one) => follow(one, step));
  return found;
}

function follow(value: unknown, step: Step): readonly unknown[] {
  switch (step.kind) {
    case 'member':
      return isObject(value) && value[step.name] !== undefined ? [value[step.name]] : [];
    case 'index':
      return Array.isArray(value) && value[step.at] !== undefined ? [value[step.at]] : [];
    case 'all':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => findAll(item, step.path).some((one) => String(one) === step.value)) : [];
  }
}

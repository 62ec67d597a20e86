import { isObject } from '../../lib/index.ts';

type Segment = string | number;

/** Reads an object of somebody else's kind, and remembers what was read: whatever was not is named in the end, so that nothing is lost without a word. */
export class Fields {
  readonly #root: unknown;
  readonly #read = new Set<string>();
  readonly #notes: { readonly path: string; readonly why: string }[] = [];

  constructor(root: unknown) {
    this.#root = root;
  }

  /** The value there, with all below it counted as read. */
  take(...path: readonly Segment[]): unknown {
    this.#read.add(keyOf(path));
    return this.peek(...path);
  }

  peek(...path: readonly Segment[]): unknown {
    return path.reduce<unknown>((inner, key) => {
      if (Array.isArray(inner)) return inner[Number(key)];
      return isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
    }, this.#root);
  }

  text(...path: readonly Segment[]): string | undefined {
    const value = this.take(...path);
    return typeof value === 'string' ? value : undefined;
  }

  number(...path: readonly Segment[]): number | undefined {
    const value = this.take(...path);
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
  }

  list(...path: readonly Segment[]): readonly (readonly Segment[])[] {
    const value = this.peek(...path);
    return Array.isArray(value) ? value.map((_, index) => [...path, index]) : [];
  }

  /** Something that was read, and means something else here. */
  note(path: readonly Segment[], why: string): void {
    this.#notes.push({ path: textOf(path), why });
  }

  /** What was not read, with the reason, and the notes. `reasons`: by the beginning of a path without indices; the longest counts. */
  left(
    reasons: Readonly<Record<string, string>>,
    ignored: ReadonlySet<string>,
  ): readonly { readonly path: string; readonly why: string }[] {
    const unread = this.#unread([], this.#root).filter((path) => !ignored.has(String(path[0])));
    return [...this.#notes, ...unread.map((path) => ({ path: textOf(path), why: reasonFor(path, reasons) }))];
  }

  /** The highest paths of which nothing was read. */
  #unread(path: readonly Segment[], value: unknown): readonly (readonly Segment[])[] {
    if (this.#read.has(keyOf(path))) return [];
    const inside = path.length === 0 || [...this.#read].some((read) => read.startsWith(`${keyOf(path)}\n`));
    if (!inside) return [path];
    if (Array.isArray(value)) return value.flatMap((item, index) => this.#unread([...path, index], item));
    return isObject(value) ? Object.entries(value).flatMap(([key, inner]) => this.#unread([...path, key], inner)) : [path];
  }
}

const keyOf = (path: readonly Segment[]): string => path.join('\n');

const textOf = (path: readonly Segment[]): string =>
  path.map((segment, index) => (typeof segment === 'number' ? `[${segment}]` : index === 0 ? segment : `.${segment}`)).join('');

function reasonFor(path: readonly Segment[], reasons: Readonly<Record<string, string>>): string {
  const plain = path.filter((segment) => typeof segment === 'string').join('.');
  const fitting = Object.keys(reasons).filter((prefix) => plain === prefix || plain.startsWith(`${prefix}.`));
  const longest = fitting.toSorted((left, right) => right.length - left.length)[0];
  return (longest === undefined ? undefined : reasons[longest]) ?? 'has no counterpart';
}

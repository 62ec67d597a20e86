/** The syntax tree of a regular expression of RE2's kind. */
export type Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'rune'; readonly matches: (rune: string) => boolean }
  | { readonly kind: 'assert'; readonly at: Assertion }
  | { readonly kind: 'group'; readonly index: number; readonly body: Node }
  | { readonly kind: 'concat'; readonly parts: readonly Node[] }
  | { readonly kind: 'either'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly body: Node; readonly min: number; readonly max: number | undefined; readonly isGreedy: boolean };

export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordBoundary' | 'noWordBoundary';

export interface Parsed {
  readonly root: Node;
  /** Names by group number; the whole match is group 0. */
  readonly groupNames: readonly (string | undefined)[];
}

/** Ends parsing; its message is the whole story. */
export class RegexError extends Error {}

/** Words of Go's regexp/syntax, so that an error reads as the real server's. */
export const fault = (what: string, where: string): RegexError => new RegexError(`error parsing regexp: ${what}: \`${where}\``);

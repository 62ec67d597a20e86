import type { HttpMatch } from './types.ts';

/** What a request says of itself. */
export interface RequestShape {
  readonly path: string;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Within a match all must hold, of several matches one: paths from their beginning, headers by a search, as the two meshes that honour it do. */
export const matchesAny = (matches: readonly HttpMatch[], request: RequestShape): boolean =>
  matches.some((match) => matchesOne(match, request));

function matchesOne({ pathRegex = '', methods = [], headers = [] }: HttpMatch, request: RequestShape): boolean {
  const path = pathRegex.replace(/^\^/, '').replace(/\$$/, '');
  if (!fits(`^(?:${path === '' ? '/' : path})`, request.path)) return false;
  if (methods.length > 0 && !methods.includes('*') && !methods.includes(request.method)) return false;
  return headers
    .flatMap((each) => Object.entries(each))
    .every(([name, regex]) => {
      const value = request.headers[name.toLowerCase()];
      return value !== undefined && fits(regex.replace(/^\^|\$$/g, ''), value);
    });
}

/** What is no regular expression matches nothing. */
function fits(regex: string, text: string): boolean {
  try {
    return new RegExp(regex).test(text);
  } catch {
    return false;
  }
}

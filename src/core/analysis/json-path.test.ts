import { describe, expect, test } from 'vitest';
import { jsonPathOf, valueAt } from './json-path.ts';

const document = { a: { b: [1, { c: null }], 'd e': 2, 'f.g': 3, "h'i": 4, 'j"k': 5, ä: 6 }, list: [10, 20, 30] };

describe('singular JSON paths (RFC 9535)', () => {
  test.each<[string, unknown]>([
    ['$', document],
    ['$.a.b[0]', 1],
    ['{$.a.b[0]}', 1],
    [' { $.a.b[0] } ', 1],
    ["$['a']['d e']", 2],
    ['$["a"]["f.g"]', 3],
    ["$.a['h\\'i']", 4],
    ['$.a["h\'i"]', 4],
    ["$.a['j\"k']", 5],
    ['$.a["j\\"k"]', 5],
    ['$.a.ä', 6],
    ['$.a["\\u00e4"]', 6],
    ['$.list[-1]', 30],
    ['$.list[ 1 ]', 20],
    ['$ .a .b [0]', 1],
    ['$.a.b[1].c', null],
    ['$.a.b[5]', undefined],
    ['$.a.b.length', undefined],
    ['$.list["0"]', undefined],
    ['$.nothing.at.all', undefined],
    ['$.toString', undefined],
    ['$.__proto__', undefined],
  ])('%s', (path, value) => {
    const parsed = jsonPathOf(path);
    expect(parsed.ok ? valueAt(document, parsed.value) : parsed).toEqual(value);
  });

  test.each([
    ['', /must begin with \$/],
    ['a.b', /must begin with \$/],
    ['$..a', /selects many/],
    ['$.*', /selects many/],
    ['$[*]', /selects many/],
    ['$[0:2]', /slice/],
    ['$[0,1]', /list/],
    ['$[?@.a]', /filter/],
    ['$.a b', /cannot be read/],
    ['$a', /cannot be read/],
    ['$[01]', /cannot be read/],
    ['$[-0]', /cannot be read/],
    ['$["a]', /cannot be read/],
    ['$.', /cannot be read/],
    ['$.a ', undefined],
  ])('%s is refused', (path, problem) => {
    const parsed = jsonPathOf(path);
    if (problem === undefined) expect(parsed.ok).toBe(true);
    else expect(parsed.ok ? '' : parsed.failure).toMatch(problem);
  });
});

import { describe, expect, it } from 'vitest';
import { compileRegex } from './index.ts';

const regex = (pattern: string) => {
  const compiled = compileRegex(pattern);
  if (!compiled.ok) throw new Error(compiled.failure);
  return compiled.value;
};
const failureOf = (pattern: string) => {
  const compiled = compileRegex(pattern);
  return compiled.ok ? 'compiled' : compiled.failure;
};

describe('a regular expression of Prometheus', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['', [''], ['a']],
    ['web', ['web'], ['web-1', 'my-web', 'we']],
    ['web|web-canary', ['web', 'web-canary'], ['web-', 'web-canary-1']],
    ['5..|0', ['500', '503', '0'], ['50', '5000', '400', '00']],
    ['[1-4]xx', ['1xx', '4xx'], ['5xx', 'xx']],
    ['[^1-4]xx', ['5xx'], ['1xx', 'xx']],
    ['shop/web-2\\|[0-9]+', ['shop/web-2|80', 'shop/web-2|8080'], ['shop/web-2|local', 'shop/web-2|8080|local']],
    ['.*', ['', 'anything'], ['two\nlines']],
    ['(?s).*', ['two\nlines'], []],
    ['.+', ['x'], ['']],
    ['a?b*c+', ['c', 'abbcc', 'ac'], ['ab', 'b', 'cab']],
    ['a{2}', ['aa'], ['a', 'aaa']],
    ['a{2,}', ['aa', 'aaaa'], ['a']],
    ['a{1,2}', ['a', 'aa'], ['', 'aaa']],
    ['a{,2}', ['a{,2}'], ['a', '']],
    ['(a|b)+?c', ['abac'], ['c']],
    ['a(?i)+b', ['aab', 'aaB'], ['ab'.repeat(2), 'Ab']],
    ['\\Qa.\\E+', ['a.', 'a..'], ['a', 'a.a.']],
    ['(?i)WEB-[a-c]', ['web-A', 'WeB-c'], ['web-d']],
    ['(?i:a)b', ['Ab'], ['AB']],
    ['(?m)a$\n^b', ['a\nb'], ['a b']],
    ['(?P<name>x)y', ['xy'], ['x']],
    ['\\d+\\.\\d', ['10.5'], ['10x5']],
    ['\\w\\W\\s\\S\\D', ['a- bc'], ['a--bc']],
    ['\\bweb\\b.*', ['web', 'web-1'], ['website']],
    ['we\\Bb', ['web'], ['we-b']],
    ['[[:alpha:]]+', ['abc'], ['ab1']],
    ['[[:^digit:]]', ['a'], ['1']],
    ['[\\d.]+', ['1.2'], ['a']],
    ['[a-]', ['a', '-'], ['b']],
    ['[]a]', [']', 'a'], ['b']],
    ['\\Qa.b\\E.', ['a.bx'], ['axbx']],
    ['\\x41\\x{1F600}\\101', ['A\u{1F600}A'], ['AA']],
    ['\\pL\\p{Greek}\\P{Lu}', ['xαy'], ['1αy', 'xαY']],
    ['.', ['\u{1F600}', 'é'], ['ab']],
    ['(|a)b', ['b', 'ab'], ['aab']],
    ['(a*)*', ['', 'aaa'], ['b']],
    ['^a$|^b$', ['a', 'b'], ['ab']],
    ['\\Aa\\z', ['a'], ['ba']],
    ['a|', ['', 'a'], ['b']],
    ['\\.\\-\\/\\_'.replace('\\_', '_'), ['.-/_'], ['x-/_']],
  ])('%s matches whole values only', (pattern, matching, others) => {
    const { test } = regex(pattern);
    expect(matching.filter((text) => !test(text))).toEqual([]);
    expect(others.filter(test)).toEqual([]);
  });

  it.each([
    ['[a', 'missing closing ]: `[a)$`'],
    ['(a', 'missing closing ): `^(?:(a)$`'],
    ['a)', 'unexpected ): `^(?:a))$`'],
    ['*', 'missing argument to repetition operator: `*`'],
    ['a|+?', 'missing argument to repetition operator: `+?`'],
    ['\\x{110000}', 'invalid escape sequence: `\\x{110000`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['a{2}{3}', 'invalid nested repetition operator: `{2}{3}`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['a{3,2}', 'invalid repeat count: `{3,2}`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['(?<name>a)', 'invalid or unsupported Perl syntax: `(?<`'],
    ['(?P<n-m>a)', 'invalid named capture: `(?P<n-m>`'],
    ['\\1', 'invalid escape sequence: `\\1`'],
    ['\\q', 'invalid escape sequence: `\\q`'],
    ['[b-a]', 'invalid character class range: `b-a`'],
    ['[[:nope:]]', 'invalid character class range: `[:nope:]`'],
    ['\\p{Nope}', 'invalid character class range: `\\p{Nope}`'],
  ])('%s is refused in the words of Go', (pattern, message) => {
    expect(failureOf(pattern)).toBe(`error parsing regexp: ${message}`);
  });

  it('fills in a template from the groups', () => {
    const { expand } = regex('(?P<ns>[^/]+)/([^|]+)(\\|.*)?');
    expect(expand('shop/web', '$2.$ns')).toBe('web.shop');
    expect(expand('shop/web|80', '${2}x$3$$1')).toBe('webx|80$1');
    expect(expand('shop/web', '$2x-$')).toBe('-$');
    expect(expand('shop', '$1')).toBeUndefined();
    expect(regex('(a+)(a*)').expand('aaa', '$1-$2')).toBe('aaa-');
    expect(regex('(a+?)(a*)').expand('aaa', '$1-$2')).toBe('a-aa');
    expect(regex('(a|ab)(c|bcd)?').expand('abcd', '$1-$2')).toBe('a-bcd');
    expect(regex('((x*)*){2}').expand('x', '<$1|$2>')).toBe('<|>');
    expect(regex('(?P<n>a)|(?P<n>b)').expand('b', '$n')).toBe('b');
  });

  it('takes no longer for an expression that makes others backtrack', () => {
    const { test } = regex('(a+)+(a|aa)*(a*)*b');
    expect(test('a'.repeat(5_000))).toBe(false);
    expect(test(`${'a'.repeat(5_000)}b`)).toBe(true);
  });
});

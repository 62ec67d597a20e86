import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeString, substitutePromql } from './promql.ts';
import { lookBackMs } from './promql-window.ts';
import { scopeOf, shortenedWindowMs } from './scope.ts';
import { substituteHeader, substituteUrl } from './substitute.ts';

const scope = (values: Record<string, string>) =>
  scopeOf(
    Object.entries(values).map(([name, value]) => ({ name, value })),
    {},
  );
const withSecret = scopeOf(
  [
    { name: 'token', valueFrom: { secretKeyRef: { name: 'prom', key: 'token' } } },
    { name: 'x', value: 'v' },
  ],
  {},
);
const x = (value: string) => scope({ x: value });

describe('arguments in PromQL', () => {
  const rendered: readonly [string, string, string, string][] = [
    ['double quotes are escaped in a double-quoted string', 'a{b="{{args.x}}"}', 'c"d', 'a{b="c\\"d"}'],
    ['single quotes stay in a double-quoted string', 'a{b="{{args.x}}"}', "c'd", 'a{b="c\'d"}'],
    ['single quotes are escaped in a single-quoted string', "a{b='{{args.x}}'}", "c'd", "a{b='c\\'d'}"],
    ['a backslash is escaped', 'a{b="{{args.x}}"}', 'c\\d', 'a{b="c\\\\d"}'],
    ['a line feed is escaped', 'a{b="{{args.x}}"}', 'c\nd', 'a{b="c\\u000ad"}'],
    ['a regex is escaped behind =~', 'a{b=~"{{args.x}}"}', 'c.*', 'a{b=~"c\\\\.\\\\*"}'],
    ['a regex is escaped behind !~', 'a{b!~"pre-{{args.x}}"}', 'c|d', 'a{b!~"pre-c\\\\|d"}'],
    ['nothing is regex-escaped behind =', 'a{b="{{args.x}}"}', 'c.d', 'a{b="c.d"}'],
    ['nothing is regex-escaped behind !=', 'a{b!="{{args.x}}"}', 'c.d', 'a{b!="c.d"}'],
    ['the operator of the matcher before does not matter', 'a{b=~"x",c="{{args.x}}"}', 'c.d', 'a{b=~"x",c="c.d"}'],
    ['a bare label value is quoted', 'a{b={{args.x}}}', 'c"d', 'a{b="c\\"d"}'],
    ['a bare label value behind spaces is quoted', 'a{b = {{ args.x }} , c="d"}', 'e', 'a{b = "e" , c="d"}'],
    ['a bare label value behind =~ is quoted and escaped for regex', 'a{b=~{{args.x}}}', 'c.d', 'a{b=~"c\\\\.d"}'],
    ['a number stands elsewhere', 'a > {{args.x}}', '0.99', 'a > 0.99'],
    ['a number with exponent stands elsewhere', 'a > {{args.x}}', '1e-3', 'a > 1e-3'],
    ['a signed number stands as an operand', 'a > {{args.x}}', '-5', 'a > -5'],
    ['a duration stands in a range', 'rate(a[{{args.x}}])', '1m30s', 'rate(a[1m30s])'],
    ['a Go-style duration is spelt as PromQL spells it', 'rate(a[{{args.x}}])', '1.5h', 'rate(a[1h30m])'],
    ['a duration stands in a subquery', 'rate(a[{{args.x}}:10s])', '5m', 'rate(a[5m:10s])'],
    ['digits complete a number', 'histogram_quantile(0.{{args.x}}, a)', '99', 'histogram_quantile(0.99, a)'],
    ['digits take a unit', 'rate(a[{{args.x}}m])', '5', 'rate(a[5m])'],
    ['one pass: a value is never looked at again', 'a{b="{{args.x}}"}', '{{args.x}}', 'a{b="{{args.x}}"}'],
    ['quotes inside backticks are no strings', 'a{b=`"`,c="{{args.x}}"}', 'd', 'a{b=`"`,c="d"}'],
    ['an escaped quote does not end a string', 'a{b="\\"{{args.x}}"}', 'd"', 'a{b="\\"d\\""}'],
    ['a comparison outside braces is no matcher', 'a == {{args.x}}', '5', 'a == 5'],
  ];
  test.each(rendered)('%s', (_name, query, value, expected) => {
    expect(substitutePromql(query, x(value))).toEqual({ ok: true, value: expected });
  });

  const refused: readonly [string, string, string][] = [
    ['inside backticks', 'a{b=`{{args.x}}`}', 'c'],
    ['in a comment', 'a # {{args.x}}', '5'],
    ['behind a backslash', 'a{b="\\{{args.x}}"}', '"'],
    ['as a metric name', '{{args.x}}', 'up'],
    ['as a label name', 'a{{{args.x}}="b"}', 'c'],
    ['as a function', '{{args.x}}(a[5m])', 'rate'],
    ['as a grouping label', 'sum by ({{args.x}}) (a)', 'pod'],
    ['with a syntax error for a value', 'a > {{args.x}}', '1 or vector(1)'],
    ['as a sign behind an operand', 'a {{args.x}}', '-5'],
    ['as a word beside a word', 'a{{args.x}}', '5m'],
    ['with a closing bracket', 'rate(a[{{args.x}}])', '5m]) or vector(1'],
    ['empty', 'a > {{args.x}}', ''],
    ['NaN', 'a > {{args.x}}', 'NaN'],
    ['Infinity', 'a > {{args.x}}', 'Inf'],
    ['a negative duration', 'a offset {{args.x}}', '-5m'],
  ];
  test.each(refused)('refused: %s', (_name, query, value) => {
    const result = substitutePromql(query, x(value));
    expect(result.ok).toBe(false);
    expect(result.ok ? '' : result.failure.join()).toContain('"x"');
  });

  test('absent arguments are named, all of them at once', () => {
    expect(substitutePromql('a{b="{{args.p}}",c="{{args.q}}"}', x(''))).toEqual({
      ok: false,
      failure: ['argument "p" is not given', 'argument "q" is not given'],
    });
  });

  test('a placeholder without a proper name is refused', () => {
    expect(substitutePromql('a{b="{{args.}}"}', x('')).ok).toBe(false);
  });

  test('a Secret never stands in a query', () => {
    const result = substitutePromql('a{b="{{args.token}}"}', withSecret);
    expect(result).toEqual({ ok: false, failure: ['argument "token" is a Secret and may stand in headers only'] });
  });

  test('whatever the value, the tokens of the query stay the same', () => {
    const templates = [
      'a{b="{{args.x}}"} > 1',
      'a{b=\'{{args.x}}\',c="d"}',
      'a{b=~"^{{args.x}}$"}',
      "a{b!~'{{args.x}}'}",
      'a{b={{args.x}},c="d"}',
      'a{b=~{{args.x}}}',
    ];
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('"', "'", '`', '\\', '\n', '{', '}', '#', '=', '~', '{{args.x}}', '*/', ' or vector(1)'))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.constantFrom(...templates), nasty, (template, value) => {
        const plain = substitutePromql(template, x('v'));
        const fuzzed = substitutePromql(template, x(value));
        if (!plain.ok || !fuzzed.ok) throw new Error('refused');
        expect(tokenKinds(fuzzed.value)).toEqual(tokenKinds(plain.value));
      }),
      { numRuns: 2000 },
    );
  });

  test('a string in a query reads back as the value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('"' as const, "'" as const), (value, quote) => {
        expect(unquote(escapeString(value, quote))).toBe(value);
      }),
    );
  });

  test('outside strings only one number or duration comes through, as one token', () => {
    const templates = ['rate(a[{{args.x}}])', 'a > {{args.x}}', 'a * {{args.x}}', 'topk({{args.x}}, a)', 'a + {{args.x}} + b'];
    const value = fc.oneof(fc.string(), fc.stringMatching(/^[0-9smhd.eE+-]{0,6}$/));
    fc.assert(
      fc.property(fc.constantFrom(...templates), value, (template, text) => {
        const result = substitutePromql(template, x(text));
        if (!result.ok) return;
        expect(tokenKinds(result.value).filter((kind) => kind !== '-' && kind !== '+')).toEqual(
          tokenKinds(template.replace('{{args.x}}', '1')).filter((kind) => kind !== '-' && kind !== '+'),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

/** An independent lexer: strings, numbers and durations, words, and single signs. */
function tokenKinds(query: string): readonly string[] {
  const token =
    /\s+|#[^\n]*|"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`|(?:[0-9]+(?:ms|[smhdwy]))+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[A-Za-z_:][\w:]*|=~|!~|!=|==|[\s\S]/y;
  const kinds: string[] = [];
  for (let match = token.exec(query); match !== null; match = token.exec(query)) {
    const [text] = match;
    if (/^\s|^#/.test(text)) continue;
    if (/^(".*"|'.*'|`.*`)$/s.test(text) && text.length > 1) kinds.push('string');
    else if (/^[0-9.]+/.test(text) && text !== '.') kinds.push('number');
    else kinds.push(text);
  }
  return kinds;
}

const unquote = (escaped: string): string =>
  escaped.replace(/\\u([0-9a-f]{4})|\\(.)/gs, (_all, hex?: string, plain?: string) =>
    hex === undefined ? (plain ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );

describe('windows', () => {
  const ranges: readonly [string, number][] = [
    ['up', 60_000],
    ['job:success:ratio offset 5m', 360_000],
    ['rate(a[5m])', 300_000],
    ['rate(a[1h30m])', 5_400_000],
    ['rate(a[90])', 90_000],
    ['rate(a[1d])', 86_400_000],
    ['rate(a[1m]) / rate(b[5m])', 300_000],
    ['rate(a[5m] offset 10m)', 900_000],
    ['max_over_time(rate(a[5m])[30m:1m])', 2_100_000],
    ['avg_over_time(up[10m:])', 600_000],
    ['a{b="[1h]"} + rate(c[1m])', 60_000],
    ['rate(a[1m]) # rate(a[1h])', 60_000],
    ['rate(a[500ms])', 500],
  ];
  test.each(ranges)('%s looks back %s ms', (query, expected) => {
    expect(lookBackMs(query, 60_000)).toBe(expected);
  });

  const shortened: readonly [number, number, number][] = [
    [60_000, 0, 10_000],
    [60_000, 10_000, 10_000],
    [60_000, 25_700, 25_000],
    [60_000, 60_000, 60_000],
    [60_000, 999_000, 60_000],
    [5_000, 3_000, 5_000],
  ];
  test.each(shortened)('a window of %s ms, %s ms after the confirmation, is %s ms', (own, since, expected) => {
    expect(shortenedWindowMs(own, since)).toBe(expected);
  });
});

describe('arguments in headers', () => {
  test('a Secret is a part of its own, and text stays text', () => {
    expect(substituteHeader({ key: 'Authorization', value: 'Bearer {{args.token}}' }, withSecret)).toEqual({
      ok: true,
      value: { key: 'Authorization', parts: [{ text: 'Bearer ' }, { secret: { name: 'prom', key: 'token' } }] },
    });
  });
  test.each(['a\r\nX-Evil: 1', 'a\u0000', 'a\u007f', 'a\nb', 'ключ'])('a value no header may have is refused: %j', (value) => {
    expect(substituteHeader({ key: 'X-Tenant', value: '{{args.x}}' }, x(value)).ok).toBe(false);
  });
  test('an absent argument is named', () => {
    expect(substituteHeader({ key: 'X', value: '{{args.y}}' }, x(''))).toEqual({ ok: false, failure: ['argument "y" is not given'] });
  });
});

describe('arguments in a URL', () => {
  const rendered: readonly [string, string, string][] = [
    ['http://a/{{args.x}}', 'b/c?d#e', 'http://a/b%2Fc%3Fd%23e'],
    ['http://a/p?q={{args.x}}', 'b&c=d e', 'http://a/p?q=b%26c%3Dd%20e'],
    ['http://a/p?q={{args.x}}', "!'()*", 'http://a/p?q=%21%27%28%29%2A'],
    ['http://a/p?q={{args.x}}', '..', 'http://a/p?q=..'],
  ];
  test.each(rendered)('%s with %j', (url, value, expected) => {
    expect(substituteUrl(url, x(value))).toEqual({ ok: true, value: expected });
  });
  const refused: readonly [string, string][] = [
    ['http://{{args.x}}/p', 'a'],
    ['http://a.{{args.x}}:80/p', 'a'],
    ['http://a:{{args.x}}/p', '80'],
    ['{{args.x}}://a/p', 'http'],
    ['http://a/{{args.x}}/b', '..'],
    ['http://a/{{args.x}}', '.'],
    ['http://a/.{{args.x}}/b', '.'],
  ];
  test.each(refused)('refused: %s with %j', (url, value) => {
    expect(substituteUrl(url, x(value)).ok).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conditionProblem, holds, type ResultKind } from './condition.ts';
import { scopeOf } from './scope.ts';

const none = scopeOf([], {});
const truth = (text: string, result: unknown, kind: ResultKind = 'double') => holds(text, result, { kind, scope: none });
const withArg = (text: string, value: string, result: unknown, kind: ResultKind = 'dyn') =>
  holds(text, result, { kind, scope: scopeOf([{ name: 'x', value }], {}) });

describe('conditions', () => {
  test.each([
    ['result >= 0.99', 0.99, true],
    ['result >= 1', 1.5, true],
    ['result == 1', 1, true],
    ['1 - result < 0.05', 0.99, true],
    ['result / 100 > 0.5', 80, true],
    ['100 * result > 50', 0.6, true],
    ['result + 1 > 2 && 2 * result > 1', 1.5, true],
    ['result % 2 == 0', 4, true],
    ['result > 0.9 ? true : false', 0.5, false],
    ['asFloat(result) > 0.5', 0.7, true],
    ['!isNaN(result) && !isInf(result)', 0.7, true],
    ['asInt(result) == 2', 2.9, true],
  ])('whole numbers mix with doubles: %s of %s', (text, result, expected) => {
    expect(truth(text, result)).toEqual({ ok: true, value: expected });
  });

  test.each<[string, unknown, boolean]>([
    ['result.a.b == "x"', { a: { b: 'x' } }, true],
    ['has(result.a) && result.a == 1', {}, false],
    ['result[0] > 1', [2], true],
    ['size(result) == 2 && len(result) == 2', [1, 2], true],
    ['size(result.filter(x, x.ok)) == 1', [{ ok: true }, { ok: false }], true],
    ['result.exists(x, x.name.startsWith("we"))', [{ name: 'web' }], true],
    ['result.matches("^we+b$")', 'weeb', true],
    ['result.all(x, x.matches("a"))', ['a', 'b'], false],
    ['result.matches == 1', { matches: 1 }, true],
    ['"matches(" == result', 'matches(', true],
    ['result in [1, 2]', 1, true],
    ['result == null', null, true],
  ])('any JSON of a web answer: %s', (text, result, expected) => {
    expect(truth(text, result, 'dyn')).toEqual({ ok: true, value: expected });
  });

  test.each<[string, RegExp, ResultKind?]>([
    ['result >', /Unexpected token/],
    ['result', /is of type double, not bool/],
    ['result + 1.0', /is of type double, not bool/],
    ['result[0] >= 0.9', /Cannot index type 'double'/],
    ['result == "x"', /no such overload/],
    ['reslut > 1', /Unknown variable: reslut/],
    ['argument == 1 && {{args.x}} == 1 && nothing', /Unknown variable: nothing/],
    ['result.map(x, [x, x]) == []', /no function map here; there are all, .*matches/, 'dyn'],
    ['cel.bind(a, result, a == a)', /no function bind here/, 'dyn'],
    ['result.constructor("return 1")()', /./, 'dyn'],
    ['result.all(a, result.all(b, result.all(c, result.all(d, result.all(e, a == e)))))', /would take too long/, 'dyn'],
    [`result > ${'1 + '.repeat(600)}1`, /./],
    [`${'('.repeat(200)}true${')'.repeat(200)}`, /./],
    ['result > 1 // {{args.x}}', /stands in a comment/],
    ['result == r"{{args.x}}"', /raw string/, 'dyn'],
    ['result == a{{args.x}}', /touches a word/, 'dyn'],
  ])('refused at creation: %s', (text, problem, kind = 'double') => {
    expect(conditionProblem(text, kind)).toMatch(problem);
  });

  test('an argument is a number, a text, or part of a text', () => {
    expect(withArg('result >= {{args.x}}', '0.9', 0.95)).toEqual({ ok: true, value: true });
    expect(withArg('result - {{args.x}} == 2', '-1', 1)).toEqual({ ok: true, value: true });
    expect(withArg('result == {{ args.x }}', 'green', 'green')).toEqual({ ok: true, value: true });
    expect(withArg('result == "v{{args.x}}"', '1.10', 'v1.10')).toEqual({ ok: true, value: true });
    expect(withArg("result == 'it{{args.x}}'", "'s", "it's")).toEqual({ ok: true, value: true });
    expect(withArg('result > {{args.x}}', '100000000000000000000', 1e21)).toEqual({ ok: true, value: true });
    expect(withArg('result > {{args.y}}', '1', 1)).toMatchObject({ ok: false, failure: 'argument "y" is not given' });
  });

  test('no argument ever becomes syntax', () => {
    const texts = ['result == {{args.x}}', 'result == "{{args.x}}"', "result == '{{args.x}}'", 'result == """{{args.x}}"""'];
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('" || true || "', "' || true", '\\', '\\" || true', '\n', '"""')),
        (text, value) => {
          const isNumber = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(value);
          fc.pre(!isNumber || text.includes('"') || text.includes("'"));
          expect(withArg(text, value, value)).toEqual({ ok: true, value: true });
          expect(withArg(text, value, `${value}!`)).toEqual({ ok: true, value: false });
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  });

  test('a Secret stands in no condition', () => {
    const scope = scopeOf([{ name: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }], {});
    expect(holds('result == {{args.x}}', 'a', { kind: 'dyn', scope })).toMatchObject({
      ok: false,
      failure: expect.stringMatching(/Secret/),
    });
  });

  test('what would take too long is not evaluated: the answer is too large for the loops', () => {
    const list = Array.from({ length: 1_000 }, (_, index) => index);
    expect(truth('result.all(a, a >= 0)', list, 'dyn')).toEqual({ ok: true, value: true });
    expect(truth('result.all(a, result.exists(b, a == b))', list, 'dyn')).toMatchObject({
      ok: false,
      failure: /1001 values, 0 characters\) is too large/,
    });
  });

  test('matching takes linear time, and its text is bounded', () => {
    expect(truth('result.matches("^(a+)+$")', `${'a'.repeat(5_000)}!`, 'dyn')).toEqual({ ok: true, value: false });
    expect(truth('result.matches("a")', 'b'.repeat(20_001), 'dyn')).toMatchObject({
      ok: false,
      failure: expect.stringMatching(/20001 characters\) is too large/),
    });
    expect(truth('result.matches("(?=a)")', 'a', 'dyn').ok).toBe(false);
  });
});

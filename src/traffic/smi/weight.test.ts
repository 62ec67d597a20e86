import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWeight } from './weight.ts';

describe('decodeWeight', () => {
  it.each<[unknown, number]>([
    ['500m', 500],
    ['1', 1000],
    ['1k', 1_000_000],
    ['1Ki', 1_024_000],
    ['10', 10_000],
    [10, 10_000],
    [0.5, 500],
    ['0.5', 500],
    ['.5', 500],
    ['5.', 5000],
    ['+3', 3000],
    ['1e2', 100_000],
    ['1E-3', 1],
    ['1E', Number.NaN],
    ['100u', 1],
    ['1n', 1],
    ['0', 0],
    [0, 0],
    [-0, 0],
    ['4.35', 4350],
    ['1.001', 1001],
    [1e-7, 1],
  ])('reads %j as %d thousandths', (value, milli) => {
    // 1E is 10^18, more than a number can hold exactly: no weight.
    expect(decodeWeight(value)).toBe(Number.isNaN(milli) ? undefined : milli);
  });

  it.each([
    '-1',
    -1,
    '',
    ' ',
    '.',
    'm',
    'abc',
    '1 0',
    '10%',
    '1e',
    '1e999',
    '0x10',
    '१',
    null,
    undefined,
    true,
    {},
    [],
    [10],
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '9'.repeat(200),
    1e300,
    '1mm',
    '1\n',
  ])('refuses %j', (value) => {
    expect(decodeWeight(value)).toBeUndefined();
  });

  it('reads a number, its text and its milli-quantity alike', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (milli) => {
        expect(decodeWeight(`${milli}m`)).toBe(milli);
        expect(decodeWeight(milli / 1000)).toBe(milli);
        expect(decodeWeight(String(milli / 1000))).toBe(milli);
      }),
    );
  });

  it('never throws, and gives only whole numbers that are not negative', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: fc.constantFrom(...'0123456789.eE+-mkMGiKun') })), (value) => {
        const milli = decodeWeight(value);
        expect(milli === undefined || (Number.isSafeInteger(milli) && milli >= 0)).toBe(true);
      }),
    );
  });
});

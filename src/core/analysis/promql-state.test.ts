import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance, initialState, type PromqlState, piecesOf } from './promql-state.ts';

const fragments = [
  'rate(',
  'a:b{',
  'x=~"',
  'y!=',
  '"',
  "'",
  '`',
  '\\',
  '#',
  '\n',
  ' ',
  '[5m]',
  '}',
  '=',
  '~',
  '!',
  ',',
  'é',
  '😀',
  '{{',
  ')',
];
const texts = fc.array(fc.constantFrom(...fragments), { maxLength: 40 }).map((parts) => parts.join(''));

test('what is read in one go leaves the same state as character by character', () => {
  fc.assert(
    fc.property(texts, (text) => {
      let state: PromqlState = initialState;
      for (const character of text) state = advance(state, character);
      expect(advance(initialState, text)).toEqual(state);
    }),
    { numRuns: 2_000, seed: 7 },
  );
});

test('the pieces are the text, and words are one of them', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect([...piecesOf(initialState, text)].map((piece) => piece.text).join('')).toBe(text);
    }),
    { numRuns: 500, seed: 7 },
  );
  expect([...piecesOf(initialState, 'sum(rate(a{b="c d"}[5m]))')].map(({ text }) => text)).toEqual([
    ...['sum(rate(a', '{', 'b', '=', '"', 'c d', '"', '}', '[', '5m', ']', '))'],
  ]);
});

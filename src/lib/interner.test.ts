import { describe, expect, test } from 'vitest';
import { flat, Interner } from './interner.ts';

describe('an interner', () => {
  test('gives equal values one copy, and leaves different ones alone', () => {
    const interner = new Interner();
    const first = interner.share({ port: 80, name: 'http' });
    expect(interner.share({ name: 'http', port: 80 })).toBe(first);
    expect(interner.share({ name: 'http', port: 81 })).toEqual({ name: 'http', port: 81 });
  });

  test('changes no text, whatever characters it has', () => {
    const texts = ['', 'short', 'a text that is long enough to be copied', 'zwölf Boxkämpfer jagen Viktor 🦊'];
    expect(texts.map(flat)).toEqual(texts);
    expect(new Interner().compact({ texts, nested: [{ text: texts[3] }], none: null, count: 3 })).toEqual({
      texts,
      nested: [{ text: texts[3] }],
      none: null,
      count: 3,
    });
  });

  test('forgets rather than grows', () => {
    const interner = new Interner(2);
    const first = interner.share({ name: 'a' });
    interner.share({ name: 'b' });
    interner.share({ name: 'c' });
    expect(interner.share({ name: 'a' })).not.toBe(first);
  });
});

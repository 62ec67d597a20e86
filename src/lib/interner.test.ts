import { describe, expect, test } from 'vitest';
import { Interner } from './interner.ts';

describe('an interner', () => {
  test('gives equal values one copy, and leaves different ones alone', () => {
    const interner = new Interner();
    const first = interner.share({ port: 80, name: 'http' });
    expect(interner.share({ name: 'http', port: 80 })).toBe(first);
    expect(interner.share({ name: 'http', port: 81 })).toEqual({ name: 'http', port: 81 });
  });

  test('keeps one copy of a text that was put together, and changes none, whatever characters it has', () => {
    const texts = ['', 'short', 'a text that is long enough to be copied', 'zwölf Boxkämpfer jagen Viktor 🦊'];
    const interner = new Interner();
    expect(texts.map((text) => interner.text(text))).toEqual(texts);
    const value = { texts: [...texts], nested: [{ text: texts[3] }], none: null, count: 3 };
    expect(interner.compact(value)).toEqual({ texts, nested: [{ text: texts[3] }], none: null, count: 3 });
  });

  test('forgets rather than grows', () => {
    const interner = new Interner({ lists: 2, events: 1 });
    const first = interner.share({ name: 'a' });
    interner.share({ name: 'b' });
    interner.share({ name: 'c' });
    expect(interner.share({ name: 'a' })).not.toBe(first);
  });

  test('remembers less once the lists are in', () => {
    const interner = new Interner({ lists: 2, events: 1 });
    const first = interner.share({ name: 'a' });
    interner.settle();
    const second = interner.share({ name: 'a' });
    expect(second).not.toBe(first);
    interner.share({ name: 'b' });
    expect(interner.share({ name: 'a' })).not.toBe(second);
  });
});

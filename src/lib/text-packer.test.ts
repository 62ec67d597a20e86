import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from './random.ts';
import { TextPacker } from './text-packer.ts';

const aTemplate = (image: string) => JSON.stringify({ containers: [{ image, env: Array.from({ length: 20 }, (_, at) => `VALUE_${at}`) }] });

test('what was packed comes back, whatever came before it', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 3_000 }), { maxLength: 12 });
  fc.assert(
    fc.property(texts, (originals) => {
      const packer = new TextPacker();
      const packed = originals.map((text) => packer.pack(text));
      expect(packed.map((text) => text.unpack())).toEqual(originals);
    }),
  );
});

test('a text like those before it takes a small part of its size', () => {
  const packer = new TextPacker();
  packer.pack(aTemplate('example/web:1'));
  for (const tag of ['2', '3.1', 'sha256-abcdef']) {
    const text = aTemplate(`example/web:${tag}`);
    expect(packer.pack(text).length).toBeLessThan(text.length / 6);
  }
});

test('once strangers have filled the dictionary, the first of them is still known by it', () => {
  const packer = new TextPacker();
  const strangers = Array.from({ length: 100 }, (_, seed) => aStranger(seed));
  for (const text of strangers) packer.pack(text);
  const again = strangers.map((text) => packer.pack(text).length < text.length / 6);
  // As many as 8 kB hold; no dictionary grew beyond that.
  expect(again.lastIndexOf(true)).toBe(7);
});

/** A thousand characters that no other seed gives. */
const aStranger = (seed: number): string => {
  const random = seededRandom(seed);
  return Array.from({ length: 1_000 }, () => String.fromCharCode(33 + Math.floor(random.next() * 90))).join('');
};

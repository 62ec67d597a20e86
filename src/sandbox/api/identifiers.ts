import type { Random } from '../../lib/index.ts';

// Without vowels and without what is easily confused: no words, no doubts.
const letters = 'bcdfghjklmnpqrstvwxz2456789';
const longestPrefix = 63 - 5;

/** `web-` and five letters. */
export function generatedName(prefix: string, random: Random): string {
  let name = prefix.slice(0, longestPrefix);
  for (let count = 0; count < 5; count++) name += letters[Math.floor(random.next() * letters.length)];
  return name;
}

/** A UUID of version 4. */
export function newUid(random: Random): string {
  const digits = Array.from({ length: 32 }, (_, at) => {
    if (at === 12) return '4';
    const digit = Math.floor(random.next() * 16);
    return (at === 16 ? (digit & 3) | 8 : digit).toString(16);
  }).join('');
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
}

import type { Random } from '../../../src/lib/index.ts';

/** Most runs rest shortly; one of ten long enough for whatever is done every few minutes. */
export const shortRestMs = 60_000;
const longRestMs = 900_000;

export const drawRestMs = (random: Random): number => (random.next() < 0.1 ? longRestMs : shortRestMs);

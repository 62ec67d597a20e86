import type { Random } from '../../../src/lib/index.ts';

/** Most runs rest shortly; one of twenty-five long enough for whatever is done every few minutes: hundreds of them in a whole hunt. */
export const shortRestMs = 60_000;
const longRestMs = 900_000;

export const drawRestMs = (random: Random): number => (random.next() < 0.04 ? longRestMs : shortRestMs);

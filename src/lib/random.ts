/** Chance as an argument: a source of numbers in [0, 1). */
export interface Random {
  next(): number;
}

/** mulberry32: small, seedable, good enough for jitter and for simulation; not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}

export const systemRandom: Random = { next: () => Math.random() };

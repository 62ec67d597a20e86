// Chance that can be had again: the seed is printed, and SLUICE_SEED repeats a run.
export interface Chance {
  readonly seed: number;
  /** Uniform in [from, to). */
  between(from: number, to: number): number;
}

export function chance(name: string): Chance {
  const given = Number(process.env.SLUICE_SEED);
  const seed = Number.isInteger(given) && given > 0 ? given : (Date.now() % 1_000_000) + 1;
  console.log(`${name}: SLUICE_SEED=${seed}`);
  let state = seed;
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { seed, between: (from, to) => from + next() * (to - from) };
}

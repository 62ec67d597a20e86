/** Status holds moments as RFC 3339 text; decisions count in milliseconds. An unreadable moment is NaN, so every comparison with it is false. */
export const msOf = (moment: string): number => Date.parse(moment);
export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** The earliest of the moments that are there. */
export function earliest(...moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

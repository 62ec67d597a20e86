const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** As kubectl writes ages: its two greatest units, `3m12s`, `2d4h`. */
export function span2(ms: number): string {
  let rest = Math.max(0, Math.floor(ms / 1_000));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    // What follows a gap is too small to matter.
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
  }
  return parts.join('') || '0s';
}

/** Since an instant of the API's; of one that cannot be read, nothing. */
export const ageOf = (since: string | undefined, nowMs: number): string => {
  const ms = Date.parse(since ?? '');
  return Number.isNaN(ms) ? '' : span2(nowMs - ms);
};

/** `3m40s left`, or `over`. */
export function leftUntil(until: string | undefined, nowMs: number): string {
  const ms = Date.parse(until ?? '');
  if (Number.isNaN(ms)) return '';
  return ms > nowMs ? `${span2(ms - nowMs + 999)} left` : 'due';
}

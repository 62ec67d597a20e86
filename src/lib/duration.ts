const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** RE2-safe pattern of the durations our kinds accept: `90s`, `1h30m`, `1.5h`, `0s`, no sign. Few enough digits that no date overflows. */
export const durationPattern = '^([0-9]{1,7}(\\.[0-9]{1,6})?(ms|s|m|h))+$';

/** Milliseconds of a Go-style duration (`1h30m`, `250ms`), or undefined where it is none. A bare number other than `0` is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const part = /([0-9]+(?:\.[0-9]+)?)(ns|us|µs|ms|s|m|h)/y;
  let totalMs = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    totalMs += Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN);
  }
  return text.length > 0 ? totalMs : undefined;
}

/** The shortest Go-style spelling, in whole milliseconds: 5400000 is `1h30m`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, size] of [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

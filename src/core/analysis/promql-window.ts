import { initialState, piecesOf } from './promql-state.ts';

/**
 * How far into the past a PromQL query looks, read out of its text: ranges, subqueries and offsets. Never too short: ranges of
 * parallel selectors give the longest, subqueries and offsets are added. Without any range it reads samples of `windowMs`, the
 * template's own window, as a recording rule might have made them.
 */
export function lookBackMs(query: string, windowMs: number): number {
  const code = codeOf(query);
  const ranges = [...code.matchAll(/\[([^\]:]*)(:[^\]]*)?\]/g)].map((match) => ({
    ms: promqlDurationMs(match[1] ?? ''),
    isSubquery: match[2] !== undefined,
  }));
  const offsets = [...code.matchAll(/\boffset\s+([0-9][0-9a-z.]*)/gi)].map((match) => promqlDurationMs(match[1] ?? ''));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  if (ranges.length === 0) return windowMs + sum(offsets);
  const longest = Math.max(0, ...ranges.filter(({ isSubquery }) => !isSubquery).map(({ ms }) => ms));
  return longest + sum(ranges.filter(({ isSubquery }) => isSubquery).map(({ ms }) => ms)) + sum(offsets);
}

/** The query without strings and comments. */
function codeOf(query: string): string {
  let code = '';
  for (const { text, before, after } of piecesOf(initialState, query)) if (before.mode === 'code' && after.mode === 'code') code += text;
  return code;
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** PromQL's durations: `5m`, `1d12h`, and bare seconds as newer servers take them. What is none counts as 0; the server refuses it. */
function promqlDurationMs(text: string): number {
  const trimmed = text.trim();
  if (/^[0-9]+(\.[0-9]+)?$/.test(trimmed)) return Number(trimmed) * 1000;
  return [...trimmed.matchAll(/([0-9]+)(ms|[smhdwy])/g)].reduce(
    (total, match) => total + Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0),
    0,
  );
}

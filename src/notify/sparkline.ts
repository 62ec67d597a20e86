const bars = '▁▂▃▄▅▆▇█';

/** One sign a value, between the least and the most of them; a value that is none is a blank. */
export function sparkline(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return '';
  const [least, most] = [Math.min(...finite), Math.max(...finite)];
  // All alike: a line in the middle, not at the bottom.
  const levelOf = (value: number) => (most === least ? 3 : Math.round(((value - least) / (most - least)) * (bars.length - 1)));
  return values.map((value) => (Number.isFinite(value) ? (bars[levelOf(value)] ?? ' ') : ' ')).join('');
}

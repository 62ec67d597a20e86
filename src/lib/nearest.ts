/** Those of `candidates` that `word` may have been meant to be, the likeliest first: a few letters off, or a part of one. */
export function nearestTo(word: string, candidates: readonly string[]): readonly string[] {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const wanted = plain(word);
  const rated = candidates.map((candidate) => {
    const known = plain(candidate);
    const isPart = wanted.length >= 3 && (known.includes(wanted) || wanted.includes(known));
    return {
      candidate,
      away: distance(wanted, known),
      isNear: isPart || distance(wanted, known) <= Math.max(wanted.length, known.length) / 3,
    };
  });
  return rated
    .filter(({ isNear }) => isNear)
    .toSorted((left, right) => left.away - right.away)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Letters to put in, take out or change (Levenshtein). */
function distance(from: string, to: string): number {
  const start = Array.from({ length: to.length + 1 }, (_, index) => index);
  const last = [...from].reduce((above, letter, row) => {
    const line = [row + 1];
    for (const [column, other] of [...to].entries()) {
      const changed = (above[column] ?? 0) + (letter === other ? 0 : 1);
      line.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (line[column] ?? 0) + 1));
    }
    return line;
  }, start);
  return last.at(-1) ?? 0;
}

/** The watch brings what a conflict was about within a moment, mostly: so many are looked at again at once. */
const usual = 8;
const soonMs = 250;
const longestMs = { patient: 30_000, urgent: 2_000 };

/**
 * Conflicts in a row, by key. One is news that the watch is bringing, and whatever comes by it is looked at at once; a watch that is deaf, or that has lost
 * the event, brings nothing before its next list, and what is written until then is refused each time: ever more seldom.
 */
export class Conflicts {
  readonly #inARow = new Map<string, number>();

  /** How long to wait before looking again; `isUrgent`: a cut, or a verdict that leads to one. */
  met(key: string, isUrgent: boolean): number {
    const before = this.#inARow.get(key) ?? 0;
    this.#inARow.set(key, before + 1);
    return Math.min(longestMs[isUrgent ? 'urgent' : 'patient'], soonMs * 2 ** Math.min(Math.max(0, before - usual), 10));
  }

  /** So often that the watch does not bring it: what was refused has to be read by itself. */
  isDeaf(key: string): boolean {
    return (this.#inARow.get(key) ?? 0) > usual;
  }

  passed(key: string): void {
    this.#inARow.delete(key);
  }
}

/**
 * Since when the weight of each Rollout has been confirmed, by the clock as it goes now. A moment that lies ahead was written before the clock was set back,
 * or by a leader whose clock is ahead: until it comes again nothing would be measured, and a bad release would go unseen. Such a confirmation counts from when
 * this process first saw it, which is later than it was.
 */
export class Confirmations {
  readonly #seen = new Map<string, { readonly confirmedAtMs: number; readonly sinceMs: number }>();

  since(rollout: string, confirmedAtMs: number, nowMs: number): number {
    if (confirmedAtMs <= nowMs) {
      this.#seen.delete(rollout);
      return confirmedAtMs;
    }
    const known = this.#seen.get(rollout);
    if (known?.confirmedAtMs === confirmedAtMs && known.sinceMs <= nowMs) return known.sinceMs;
    this.#seen.set(rollout, { confirmedAtMs, sinceMs: nowMs });
    return nowMs;
  }

  forget(rollout: string): void {
    this.#seen.delete(rollout);
  }
}

/** A bug that the hunt found: what went wrong, for whom, and what put it right. */
export interface Bug {
  readonly what: string;
  /** Of the product, or of what stands in for the world around it. */
  readonly where: 'product' | 'sandbox';
  readonly found: string;
  readonly fix: string;
}

export const bugs: readonly Bug[] = [];

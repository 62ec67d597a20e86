export interface LoadSpec {
  /** `10.96.1.2:80`; only addresses of the bed are reachable. */
  readonly target: string;
  readonly perSecond: number;
  /** The generator stops by itself after this. */
  readonly seconds: number;
  readonly maxRequests: number;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  readonly file: string;
}

/** One request and who really answered it: the ground truth of every scenario. */
export interface LoadRecord {
  /** Milliseconds since the epoch, when the request was sent. */
  readonly at: number;
  readonly latencyMs: number;
  /** 0 where no response came. */
  readonly status: number;
  readonly servedBy?: string;
  readonly deployment?: string;
  readonly revision?: string;
  readonly config?: string;
  readonly error?: string;
}

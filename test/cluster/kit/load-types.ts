/** What is sent. */
export interface LoadShape {
  readonly perSecond: number;
  /** The generator stops by itself after this. */
  readonly seconds: number;
  readonly maxRequests: number;
  readonly timeoutMs: number;
  readonly maxInFlight: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  /** Default: true. One that is not goes where the Service itself sends it; on the sandbox alone, since Envoy answers at every ClusterIP of the bed. */
  readonly isMeshed: boolean;
}
export type LoadOptions = Partial<LoadShape> & Pick<LoadShape, 'perSecond'>;

export const shapeOf = (options: LoadOptions): LoadShape => ({
  ...{ seconds: 600, maxRequests: 200_000, timeoutMs: 10_000, maxInFlight: 64, headers: {}, path: '/', isMeshed: true },
  ...options,
});

/** What a generator's process is started with. */
export interface LoadSpec extends LoadShape {
  /** `10.96.1.2:80`; only addresses of the bed are reachable. */
  readonly target: string;
  readonly file: string;
}

/** Whoever sends, and writes down what came of each request, one line each. */
export interface Generator {
  readonly file: string;
  isRunning(): boolean;
  /** All that was answered until now is in the file, but for what its writer still has for a moment. */
  sync(): Promise<void>;
  /** No new requests; resolves when those under way have ended. */
  stop(): Promise<void>;
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

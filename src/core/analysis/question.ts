import type { LatencySample, RateSample } from './compare/index.ts';

/**
 * What the analysis asks of a metric source, and what comes back. Plain data: core makes questions, `controller/measurer` has
 * `metrics/` answer them off the worker, and the answer arrives in a later world.
 */

/** A provider of a metric with every argument filled in. One variant per entry of the registry in `metrics/`. */
export type ResolvedProvider =
  | {
      readonly kind: 'prometheus';
      /** Absent: the operator's --prometheus-address. */
      readonly address?: string;
      readonly query: string;
      /** A second query for the number of requests behind the first, where `minRequests` needs one. */
      readonly countQuery?: string;
      readonly timeoutMs: number;
      readonly headers: readonly HeaderValue[];
      readonly tls?: { readonly ca?: string; readonly caSecretRef?: SecretKeyRef; readonly serverName?: string };
    }
  | {
      readonly kind: 'prometheusBuiltin';
      readonly address?: string;
      readonly builtin: BuiltinMetric;
      /** `auto`: the mesh that the controller detected. */
      readonly mesh: string;
      readonly subject: MetricSubject;
      readonly windowMs: number;
      readonly timeoutMs: number;
      readonly headers: readonly HeaderValue[];
      readonly tls?: { readonly ca?: string; readonly caSecretRef?: SecretKeyRef; readonly serverName?: string };
    }
  | {
      readonly kind: 'trafficMetrics';
      readonly value: BuiltinMetric;
      readonly resource: 'deployments' | 'trafficsplits';
      readonly subject: MetricSubject;
      readonly windowMs: number;
    }
  | {
      readonly kind: 'web';
      readonly url: string;
      readonly method: 'GET' | 'POST' | 'PUT';
      readonly body?: string;
      /** Of the value in the answer, from the root. */
      readonly path: JsonPath;
      readonly timeoutMs: number;
      readonly headers: readonly HeaderValue[];
    }
  | {
      /** The same question about two revisions: counts of requests, or histograms of latency. */
      readonly kind: 'comparison';
      readonly canary: SideProvider;
      readonly stable: SideProvider;
    };

/** Of a `prometheus` side `query` counts the successes and `countQuery` all requests. */
export type SideProvider = Extract<ResolvedProvider, { readonly kind: 'prometheus' | 'prometheusBuiltin' | 'trafficMetrics' }>;

/** A singular path of RFC 9535: names and indices, of which negative ones count from the end. */
export type JsonPath = readonly (string | number)[];

export type BuiltinMetric = 'successRate' | 'p50' | 'p90' | 'p99' | 'requests';

/** Whose requests are meant. Every series of a revision carries its own workload and Service. */
export interface MetricSubject {
  readonly namespace: string;
  readonly workload: string;
  readonly service: string;
  /** The root Service and its split, for providers that name series by them. */
  readonly rootService: string;
  readonly split: string;
}

export interface SecretKeyRef {
  readonly name: string;
  readonly key: string;
}

/** A header value as parts: literal text and Secret references, resolved by the measurer at the moment of asking, shown nowhere. */
export interface HeaderValue {
  readonly key: string;
  readonly parts: readonly ({ readonly text: string } | { readonly secret: SecretKeyRef })[];
}

export interface Question {
  /** The namespace whose Secrets may be read. */
  readonly namespace: string;
  readonly provider: ResolvedProvider;
}

/** What a source found out; never a verdict. Milliseconds for latencies, a ratio in 0..1 for success rates. */
export type Answer =
  | { readonly kind: 'value'; readonly value: number; readonly requests?: number; readonly message?: string }
  /** Anything but a number, of a provider that answers with JSON. */
  | { readonly kind: 'json'; readonly value: unknown; readonly message?: string }
  /** Of a comparison; both sides in one window. */
  | ({ readonly kind: 'rates'; readonly message?: string } & RateSample)
  /** `bounds` are the upper bounds of the buckets, in ms, without `+Inf`. */
  | ({ readonly kind: 'latencies'; readonly bounds: readonly number[]; readonly message?: string } & LatencySample)
  /** Nothing was measured: no series, NaN, infinity, no traffic, stale. Never success. */
  | { readonly kind: 'noData'; readonly message: string }
  /** May get better: refused, reset, time-out, 401, 403, 404, 429, 5xx, truncated. */
  | { readonly kind: 'error'; readonly message: string; readonly retryAfterMs?: number }
  /** Will not get better: several series, wrong type, 400, 422, unparsable. */
  | { readonly kind: 'invalid'; readonly message: string };

/** A finished measurement of one metric of one run. */
export interface Sample {
  /** Key of the AnalysisRun: namespace/name. */
  readonly run: string;
  readonly runUid: string;
  readonly metric: string;
  readonly windowStartedAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** In words, for people: `askedText` of the question. */
  readonly asked?: string;
  readonly answer: Answer;
}

export type { Arm, RateSample } from './counts.ts';
export type { Buckets, LatencySample } from './histogram.ts';
export type { LatencyOptions, LatencyState } from './latency.ts';
export { addLatency, latencyVerdict, startLatency } from './latency.ts';
export type { CompareOptions, Refusal, Verdict, VerdictKind } from './options.ts';
export type { RateState } from './rates.ts';
export { addRates, rateVerdict, startRates } from './rates.ts';

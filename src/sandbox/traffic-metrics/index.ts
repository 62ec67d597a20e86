export type { SplitFacts } from './answers.ts';
export { createTrafficMetricsApi, type TrafficMetricsApi, type TrafficMetricsApiOptions } from './api.ts';
export { plainQuirks, type Quirks, smiMetrics, smiMetricsDraft, type TrafficMetricsFault } from './quirks.ts';
export { type Ask, askEngine, askPort, type Samples } from './samples.ts';

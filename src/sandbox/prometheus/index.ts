export { createPrometheusApi, type PrometheusApi, type PrometheusApiOptions } from './api.ts';
export { type MeshName, meshNames, meshTargets } from './dialects/index.ts';
export type { PrometheusFault } from './faults.ts';
export { type Labels, labelsOf } from './labels.ts';
export { createEngine, type Engine, type QueryFailure, readMatchers } from './promql/engine.ts';
export type { Limits } from './promql/select.ts';
export type { Value } from './promql/value.ts';
export { type Exposed, type ScrapeFault, Scraper, type ScraperOptions, type ScrapeTarget } from './scraper.ts';
export { type Matcher, type Series, type SeriesSource, TimeSeriesStore } from './store.ts';

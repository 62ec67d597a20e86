export type { HealthSources } from './health.ts';
export type { RunningServer } from './server.ts';
export { startServer } from './server.ts';

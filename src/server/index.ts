export type { ApiOptions } from './api.ts';
export { createApi } from './api.ts';
export { ownAudience } from './audience.ts';
export type { HealthSources } from './health.ts';
export { createHooks, type HookOptions, hookRoutes } from './hooks/index.ts';
export type { Api } from './routes/index.ts';
export type { RunningServer, ServerOptions } from './server.ts';
export { startServer } from './server.ts';
export type { RolloutKey, RolloutSource } from './source.ts';

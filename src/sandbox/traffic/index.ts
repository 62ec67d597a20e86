export type { ClientSpec } from './client.ts';
export { Clients, type ClientsOptions, type RunningClient } from './clients.ts';
export type { LastEndpoint, Loss, TracedBatch } from './loss.ts';
export { type LossRecord, Oracle, type OracleSink, type Totals } from './oracle.ts';
export type { Rate } from './rate.ts';

export { type AdmissionHook, denied } from './admission.ts';
export { fork, type Range } from './chance.ts';
export { createSandbox, type Sandbox, type SandboxOptions } from './cluster.ts';
export { Faults } from './faults.ts';
export type { Metrics, MetricsChoice } from './metrics.ts';
export type { Behaviour, Latency, Profiles } from './pods/index.ts';
export { type RequestBatch, RequestLedger, type RequestSink } from './requests.ts';
export { StepClock, type StepClockOptions } from './time/index.ts';
export type { ClientSpec, Loss, LossRecord, OracleSink, Rate, RunningClient, Totals, TracedBatch } from './traffic/index.ts';

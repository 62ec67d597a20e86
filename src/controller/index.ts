export type { Schedule } from './housekeeping.ts';
export type { RolloutControllerOptions } from './rollout-controller.ts';
export { RolloutController } from './rollout-controller.ts';

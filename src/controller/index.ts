export type { RolloutControllerOptions } from './controller-options.ts';
export { unelected } from './controller-options.ts';
export type { Schedule } from './housekeeping.ts';
export { RolloutController } from './rollout-controller.ts';

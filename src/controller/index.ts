export type { RolloutControllerOptions } from './controller-options.ts';
export { unelected } from './controller-options.ts';
export { DecisionLog } from './decision-log.ts';
export type { Schedule } from './housekeeping.ts';
export { RolloutController } from './rollout-controller.ts';
export { Views } from './views.ts';

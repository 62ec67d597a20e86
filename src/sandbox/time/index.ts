export { StepClock, type StepClockOptions } from './step-clock.ts';
export { Timers } from './timers.ts';

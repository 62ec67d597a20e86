export { type PlanFlags, plan } from './plan.ts';

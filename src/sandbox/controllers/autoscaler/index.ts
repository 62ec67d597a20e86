export { AutoscalerController, type AutoscalerOptions, type Usage } from './controller.ts';

export { AutoscalerController, type Usage } from './controller.ts';

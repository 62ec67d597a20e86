export { EndpointsController } from './endpoints-controller.ts';
export { EndpointSliceController } from './slice-controller.ts';

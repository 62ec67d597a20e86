export { AutoscalerController, type AutoscalerOptions, type Usage } from './autoscaler/index.ts';
export type { ControllerContext } from './context.ts';
export { DeploymentController } from './deployment/index.ts';
export { EndpointSliceController, EndpointsController } from './endpoints/index.ts';
export { NamespaceController } from './namespaces.ts';
export { ReplicaSetController } from './replica-set/index.ts';

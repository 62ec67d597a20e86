export { draftOf } from './draft.ts';
export { controllerOf, isDeleting, isOver, isReady, readySinceMs, workloadOf } from './pods.ts';
export { resources, routeGroupsOf, splitsOf } from './resources.ts';
export { hasAll, selects } from './selector.ts';
export { timeText } from './time-text.ts';
export type {
  Autoscaler,
  Condition,
  ConfigMap,
  Container,
  Deployment,
  DeploymentStatus,
  Endpoint,
  EndpointPort,
  EndpointSlice,
  Endpoints,
  LabelSelector,
  Labels,
  Meta,
  Namespace,
  Pod,
  PodSpec,
  PodTemplate,
  ReplicaSet,
  Scale,
  Secret,
  Service,
  ServicePort,
} from './types.ts';

export { ReplicaSetController } from './controller.ts';

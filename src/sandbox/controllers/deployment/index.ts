export { DeploymentController } from './controller.ts';

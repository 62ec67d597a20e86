export type { DeploymentOrder, Owner } from './objects.ts';
export {
  configCopyOf,
  configsAnnotation,
  deploymentOf,
  portOf,
  portsSinceAnnotation,
  restoredTemplate,
  revisionServiceOf,
  rootServiceOf,
  templateHashAnnotation,
  templateHashOf,
} from './objects.ts';

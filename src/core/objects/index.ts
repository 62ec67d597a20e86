export type { DeploymentOrder, Owner } from './objects.ts';
export {
  configCopyOf,
  configsAnnotation,
  configsIn,
  deploymentOf,
  keptConfigOf,
  portOf,
  portsSinceAnnotation,
  revisionServiceOf,
  rootServiceOf,
  templateHashAnnotation,
  templateHashOf,
} from './objects.ts';

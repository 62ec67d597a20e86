export type { Adapter, AdapterRecord } from './adapter.ts';
export { projectAdapterObject, readAdapter } from './adapter.ts';
export type { Detection, DetectionQuestion, VersionQuestion } from './detect.ts';
export { chooseVersion, detectProvider } from './detect.ts';
export type { Provider, ProviderName } from './providers.ts';
export { providerNames, providers } from './providers.ts';
export type {
  DeploymentFacts,
  Doubt,
  MeshFacts,
  MeshRecord,
  MeshWrite,
  ResourceName,
  ResourceNeed,
  RouterOrder,
  RouterSubject,
  RouterTarget,
  SplitCrd,
  TrafficReading,
  TrafficRouter,
  Unusable,
} from './router.ts';
export type { ChosenRouter, RouterName } from './routers.ts';
export { routerNamed, routerNames, routerOf } from './routers.ts';
export { parseServiceName, plainServiceName, serviceKey } from './service-name.ts';
export type { SplitConflict } from './smi/conflicts.ts';
export { splitConflicts } from './smi/conflicts.ts';
export { fieldManager } from './smi/last-manager.ts';
export type { RolloutIdentity } from './smi/read.ts';
export { readSplit } from './smi/read.ts';
export type { SplitRecord } from './smi/record.ts';
export { projectSplit } from './smi/record.ts';
export type { SplitOwner } from './smi/render.ts';
export { patchSplit, portabilityProblem, renderSplit } from './smi/render.ts';
export type { WriteStamp } from './smi/stamp.ts';
export type { SplitVersion } from './smi/versions.ts';
export { splitCodecs, splitVersions } from './smi/versions.ts';
export { decodeWeight } from './smi/weight.ts';

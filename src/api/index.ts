export { readBrokenRun } from './broken-run.ts';
export type { CustomResourceDefinition } from './crds.ts';
export { renderCrds } from './crds.ts';
export type { Decoded, SpecRead } from './decode.ts';
export {
  decodeAnalysisRun,
  decodeAnalysisTemplate,
  decodeClusterAnalysisTemplate,
  decodeDecision,
  decodeLeavingRollout,
  decodeRollout,
  readRolloutSpec,
} from './decode.ts';
export type { FieldError } from './errors.ts';
export { summaryOf } from './errors.ts';
export { generatedFiles, yaml } from './files.ts';
export {
  analysisRuns,
  analysisTemplates,
  annotations,
  apiVersion,
  category,
  clusterAnalysisTemplates,
  decisionSubresource,
  decisions,
  fieldManager,
  finalizer,
  group,
  kinds,
  labels,
  rollouts,
  version,
} from './group.ts';
export { verbOf } from './people.ts';
export { listAt, textAt } from './raw.ts';
export type { Manifest, PolicyRule } from './rbac.ts';
export {
  apiAccountName,
  apiRules,
  controllerRules,
  defaultNamespace,
  leaseRules,
  renderRbac,
  secretRules,
  serviceAccountName,
} from './rbac.ts';
export { readRolloutStatus } from './status.ts';
export { unknownFields } from './unknown.ts';
export { validateRollout } from './validate.ts';
export { windowErrors } from './windows.ts';

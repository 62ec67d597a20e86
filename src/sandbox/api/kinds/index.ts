export { humanDuration } from './cells.ts';
export { events } from './events.ts';
export {
  apiVersionOf,
  type Column,
  type Kind,
  type KindRules,
  type KindVersion,
  type MetadataChecks,
  type PrepareContext,
  type ScalePaths,
} from './kind.ts';
export { badMicroTime } from './others.ts';
export { definitions, KindRegistry, namespaces, pods, type ServedKind, services } from './registry.ts';
export { scaleSchema } from './shapes.ts';

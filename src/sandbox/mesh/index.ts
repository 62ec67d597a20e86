export { ControlPlane, type ControlPlaneOptions, type MeshLag, type RootPort, rootKey } from './control-plane.ts';
export { meshDefinitions, type SplitSet, splitSets } from './definitions.ts';
export { matchesAny, type RequestShape } from './matching.ts';
export type { ClusterView, MeshProxy, Topic } from './proxy.ts';
export { readingOf } from './readings.ts';
export { type MeshMode, meshModes, type Reading, type RouteInput, type SplitVersion, type TrafficSplit } from './types.ts';

export { type Cluster, connect } from './connect.ts';
export { type ClusterFlags, clusterCommand } from './flags.ts';
export { listed, plainName, readRollout } from './rollouts.ts';
export { type ServerVersion, serverVersion } from './server-version.ts';

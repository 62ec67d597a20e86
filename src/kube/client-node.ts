// All that is used of client-node. With scripts/build.mjs the bundle keeps this and drops the generated client: 15 MB of code, 48 MB resident.
export { KubeConfig } from '@kubernetes/client-node';

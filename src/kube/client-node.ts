// All that is used of client-node: the bundle keeps this and drops the ten thousand generated models, which would cost every process 60 MB.
export { KubeConfig } from '@kubernetes/client-node';

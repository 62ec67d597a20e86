export { Kubelet, type KubeletOptions, nodeName } from './kubelet.ts';

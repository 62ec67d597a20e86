// Every router, by the key that users write under spec.traffic. One line each; watches, permissions and contract tests follow.
export { smi } from './smi/router.ts';

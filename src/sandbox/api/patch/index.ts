export { applyJsonPatch } from './json-patch.ts';
export { applyMergePatch } from './merge.ts';
export { applyStrategicPatch } from './strategic.ts';

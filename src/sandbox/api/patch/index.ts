export { applyJsonPatch, type JsonPatchFailure } from './json-patch.ts';
export { applyMergePatch } from './merge.ts';
export { applyStrategicPatch } from './strategic.ts';

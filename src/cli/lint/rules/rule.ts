import type { Finding } from '../findings.ts';
import type { FileObject } from '../objects.ts';

/** Everything that was given, and the templates that come with the program. */
export interface Files {
  readonly objects: readonly FileObject[];
  readonly library: readonly FileObject[];
}

export type Rule = (files: Files) => readonly Finding[];

export const group = 'sluice.dev';

export const isOurs =
  (kind: string) =>
  (object: FileObject): boolean =>
    object.kind === kind && object.group === group;

/** Kustomize and Helm give a namespace to what names none. */
export const isTogether = (left: FileObject, right: FileObject): boolean =>
  left.namespace === undefined || right.namespace === undefined || left.namespace === right.namespace;

/** The object of that kind and name beside another one. */
export const beside = (
  { objects }: Files,
  of: FileObject,
  [objectGroup, kind, name]: readonly [string, string, string],
): FileObject | undefined =>
  objects.find((other) => other.group === objectGroup && other.kind === kind && other.name === name && isTogether(of, other));

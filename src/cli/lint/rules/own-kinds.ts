import {
  apiVersion,
  decodeAnalysisRun,
  decodeAnalysisTemplate,
  decodeClusterAnalysisTemplate,
  decodeDecision,
  decodeRollout,
  type FieldError,
  kinds,
  unknownFields,
} from '../../../api/index.ts';
import { textAt } from '../../../api/raw.ts';
import type { KubeObject } from '../../../kube/index.ts';
import { nearestTo, type Result } from '../../../lib/index.ts';
import { type Finding, findingIn } from '../findings.ts';
import type { FileObject } from '../objects.ts';
import { group, type Rule } from './rule.ts';

const decoders: Readonly<Record<string, (object: KubeObject) => Result<unknown, readonly FieldError[]>>> = {
  Rollout: decodeRollout,
  AnalysisTemplate: decodeAnalysisTemplate,
  ClusterAnalysisTemplate: decodeClusterAnalysisTemplate,
  AnalysisRun: decodeAnalysisRun,
  Decision: decodeDecision,
};

/** What the API server and the controller would say of each object by itself, and what they would drop. */
export const ownKinds: Rule = ({ objects }) => objects.filter((object) => object.group === group).flatMap(checked);

function checked(object: FileObject): readonly Finding[] {
  const written = textAt(object.object, 'apiVersion') ?? '';
  const decode = decoders[object.kind];
  if (decode === undefined || written !== apiVersion)
    return [findingIn(object, decode === undefined ? 'kind' : 'apiVersion', 'UnknownKind', unknownKind(object, written))];
  const unnamed = { ...(object.object as unknown as KubeObject) };
  // What is created under a generated name is whole all the same.
  const whole =
    textAt(object.object, 'metadata', 'name') === undefined && object.name !== ''
      ? { ...unnamed, metadata: { ...unnamed.metadata, name: 'x' } }
      : unnamed;
  const decoded = decode(whole);
  const reason = object.kind.endsWith('Template') ? 'AnalysisTemplateInvalid' : 'InvalidSpec';
  const unknown = unknownFields(object.object);
  const dropped = new Set(unknown.map(({ path }) => path));
  return [
    ...unknown.map(({ path, message }) => findingIn(object, path, 'UnknownField', message)),
    // A step of an unknown kind is both; the nearest name says more.
    ...(decoded.ok ? [] : decoded.failure.filter(({ path }) => !dropped.has(path))).map(({ path, message }) =>
      findingIn(object, path, reason, message, 'error'),
    ),
  ];
}

function unknownKind({ kind }: FileObject, written: string): string {
  if (kind in decoders) return `${kind} is served as ${apiVersion}, not as ${written}`;
  const names = kinds.map((each) => each.kind);
  const [nearest] = nearestTo(kind, names);
  return `${group} has no kind ${kind}; ${nearest === undefined ? `it has ${names.join(', ')}` : `did you mean ${nearest}?`}`;
}

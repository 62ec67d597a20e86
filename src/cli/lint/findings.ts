import { type Reason, type ReasonCode, reasons } from '../../core/index.ts';
import type { FileObject } from './objects.ts';

/** One thing that is wrong with files, or worth knowing. */
export interface Finding {
  /** Of the registry: docs/reasons.md. */
  readonly reason: ReasonCode;
  readonly severity: Reason['severity'];
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `Rollout web`; absent where it is about the file. */
  readonly object?: string;
  /** `spec.strategy.canary.steps[1]`. */
  readonly path?: string;
  readonly message: string;
  readonly remedy: string;
}

type Spot = Pick<Finding, 'file' | 'line' | 'column' | 'object' | 'path'>;

export function findingAt(
  reason: ReasonCode,
  message: string,
  spot: Spot,
  severity: Reason['severity'] = reasons[reason].severity,
): Finding {
  return { reason, severity, ...spot, message, remedy: reasons[reason].remedy };
}

/** At a field of an object. */
export function findingIn(object: FileObject, path: string, reason: ReasonCode, message: string, severity?: Reason['severity']): Finding {
  const spot = { file: object.file, ...object.placeOf(path), object: `${object.kind} ${object.name}`.trim(), path };
  return findingAt(reason, message, spot, severity);
}

const ranks = { error: 0, warning: 1, info: 2 } as const;

/** Each once, by place. */
export function sorted(findings: readonly Finding[]): readonly Finding[] {
  const keyOf = ({ file, line, column, path = '', message }: Finding) => JSON.stringify([file, line, column, path, message]);
  const distinct = [...new Map(findings.map((finding) => [keyOf(finding), finding])).values()];
  return distinct.sort(
    (left, right) =>
      (left.file < right.file ? -1 : left.file > right.file ? 1 : 0) ||
      left.line - right.line ||
      left.column - right.column ||
      ranks[left.severity] - ranks[right.severity],
  );
}

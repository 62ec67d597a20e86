import { type Reason, type ReasonCode, reasons } from '../../core/index.ts';

/** Something that a user should know about a Rollout before relying on it. */
export interface Finding {
  /** Of the registry: docs/reasons.md. */
  readonly reason: ReasonCode;
  readonly severity: Reason['severity'];
  readonly message: string;
  readonly remedy: string;
  /** The metric that it is about. */
  readonly metric?: string;
}

export const finding = (reason: ReasonCode, message: string, metric?: string): Finding => ({
  ...{ reason, severity: reasons[reason].severity, message, remedy: reasons[reason].remedy },
  ...(metric === undefined ? {} : { metric }),
});

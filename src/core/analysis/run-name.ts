import { sha256Hex } from '../../lib/index.ts';
import type { RunKind } from './run.ts';

export interface RunIdentity {
  readonly rollout: string;
  readonly revision: string;
  readonly attempt: number;
  readonly kind: RunKind;
  readonly step: number | undefined;
}

const maxLength = 63;

/** `web-7c9d2f41aa-1-bg`, `-s3` or `-bake`. A long Rollout name is cut to fit 63 characters and told apart by six digits of its hash. */
export function analysisRunName({ rollout, revision, attempt, kind, step }: RunIdentity): string {
  const suffix = `-${revision}-${attempt}-${kindPart(kind, step)}`;
  const room = maxLength - suffix.length;
  if (rollout.length <= room) return `${rollout}${suffix}`;
  const head = rollout.slice(0, Math.max(1, room - 7)).replace(/[-.]+$/, '');
  return `${head}-${sha256Hex(rollout).slice(0, 6)}${suffix}`;
}

function kindPart(kind: RunKind, step: number | undefined): string {
  switch (kind) {
    case 'Background':
      return 'bg';
    case 'AfterPromotion':
      return 'bake';
    case 'Step':
      return `s${step ?? 0}`;
  }
}

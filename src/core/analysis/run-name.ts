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

const suffixPattern = /-([0-9a-f]{10})-([1-9]\d{0,6})-(?:(bg)|(bake)|s(\d{1,3}))$/;

/** What the name of a run says of it: for one whose spec cannot be read. Of the Rollout's name only a part may be left in it. */
export function identityOfName(name: string): Omit<RunIdentity, 'rollout'> | undefined {
  const [, revision, attempt, background, bake, step] = suffixPattern.exec(name) ?? [];
  if (revision === undefined) return undefined;
  const kind = background !== undefined ? 'Background' : bake !== undefined ? 'AfterPromotion' : 'Step';
  return { revision, attempt: Number(attempt), kind, step: step === undefined ? undefined : Number(step) };
}

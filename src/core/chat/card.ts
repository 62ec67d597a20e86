import type { RolloutStatus } from '../rollout.ts';
import type { GateRef } from './button.ts';
import { printOf } from './button.ts';

/** What a message says, before any channel's way of saying it. Texts are plain; each channel escapes them. */
export interface Card {
  readonly tone: 'info' | 'good' | 'bad' | 'wait';
  readonly title: string;
  readonly lines: readonly string[];
  /** A row of signs of equal width: a sparkline. */
  readonly plot?: string | undefined;
  /** An open gate: with buttons where the channel has them, else with the command to type. */
  readonly gate?: GateRef | undefined;
}

export interface Named {
  readonly namespace: string;
  readonly name: string;
}

type Gate = NonNullable<RolloutStatus['gates']>[number];

/** An approval that status may not show yet. */
export interface OwnWord {
  readonly action: 'Approve' | 'Reject';
  readonly subject: string;
  readonly decision: string;
}

/** A gate as it is now: who approved, how many are missing. With buttons while it is open. */
export function gateCard({ namespace, name }: Named, status: RolloutStatus, gate: Gate, own?: OwnWord): Card {
  const revision = status.canaryRevision ?? '';
  const attempt = status.attempt ?? 1;
  const stored = gate.approvals.map(({ subject }) => subject);
  const isNew =
    own?.action === 'Approve' && !gate.approvals.some(({ decision, subject }) => decision === own.decision || subject === own.subject);
  const approvers = isNew ? [...stored, own.subject] : stored;
  const missing = Math.max(0, gate.needs - approvers.length);
  const state =
    own?.action === 'Reject' && gate.state === 'Open' ? 'Rejected' : gate.state === 'Open' && missing === 0 ? 'Approved' : gate.state;
  const who = approvers.length === 0 ? 'nobody has approved yet' : `approved by ${approvers.join(', ')}`;
  const ref = { namespace, rollout: name, gate: gate.name, print: printOf(gate.id), revision, attempt };
  return {
    tone: tones[state],
    title: `${namespace}/${name}: gate ${gate.name} ${words[state]}`,
    lines: [
      `revision ${revision}, attempt ${attempt}${status.step === undefined ? '' : `, step ${status.step.label}`}, ${status.weight?.desired ?? 0} % of the traffic`,
      state === 'Rejected' && own?.action === 'Reject'
        ? `rejected by ${own.subject}`
        : `${who}; ${approvers.length} of ${gate.needs}${state === 'Open' ? `, ${missing} missing` : ''}`,
      ...(state === 'Open' && gate.expiresAt !== undefined ? [`open until ${gate.expiresAt}`] : []),
      ...(state === 'Open' && status.message !== undefined ? [status.message] : []),
    ],
    ...(state === 'Open' ? { gate: ref } : {}),
  };
}

const tones = { Open: 'wait', Approved: 'good', Rejected: 'bad', Expired: 'bad' } as const;
const words = { Open: 'waits for approval', Approved: 'is approved', Rejected: 'is rejected', Expired: 'has expired' } as const;

/** Where a Rollout stands, for the command `status`. */
export function statusCard({ namespace, name }: Named, status: RolloutStatus): Card {
  const { phase = 'Initializing', stableRevision, canaryRevision, attempt, step, weight, message, gates = [] } = status;
  const isBad = phase === 'RolledBack' || phase === 'Degraded' || phase === 'Aborting';
  return {
    tone: isBad ? 'bad' : phase === 'Healthy' ? 'good' : phase === 'Paused' ? 'wait' : 'info',
    title: `${namespace}/${name}: ${phase}`,
    lines: [
      ...(message === undefined ? [] : [message]),
      [
        ...(stableRevision === undefined ? [] : [`stable ${stableRevision}`]),
        ...(canaryRevision === undefined ? [] : [`canary ${canaryRevision}, attempt ${attempt ?? 1}`]),
        ...(step === undefined ? [] : [`step ${step.label}`]),
        ...(weight === undefined ? [] : [`weight ${weight.desired} %`]),
      ].join(', '),
      ...gates
        .filter(({ state }) => state === 'Open')
        .map((gate) => `gate ${gate.name}: ${gate.approvals.length} of ${gate.needs} approvals`),
    ].filter((line) => line !== ''),
  };
}

/** The command that does what a button would, bound to the same release. */
export const commandOf = (action: 'approve' | 'reject', { namespace, rollout, gate, revision, attempt }: GateRef): string =>
  `${action} ${namespace}/${rollout} ${gate} ${revision}/${attempt}`;

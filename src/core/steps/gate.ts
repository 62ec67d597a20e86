import { z } from 'zod';
import { dnsLabel, positiveDuration } from '../schema.ts';
import { isoOf } from '../time.ts';
import { defineStep } from './step.ts';

interface Gate {
  readonly name: string;
  readonly minApprovals: number;
  /** Milliseconds; absent: as long as it takes. */
  readonly timeout?: number | undefined;
  readonly onTimeout: 'Abort' | 'Wait';
  readonly message: string;
}

/** The words by which a message says so. */
export const stillWaits = 'and it still waits';

/** Waits for people: so many different ones have to approve, and the first who rejects ends the release. */
export const gate = defineStep<Gate>({
  schema: z.object({
    name: dnsLabel(),
    minApprovals: z.int().min(1).max(100).prefault(1),
    timeout: positiveDuration().optional(),
    onTimeout: z.enum(['Abort', 'Wait']).prefault('Abort'),
    message: z.string().max(1024).prefault(''),
  }),
  decide({ name, minApprovals, timeout, onTimeout, message }, { nowMs, gate: opened }) {
    if (opened?.state === 'Approved') return { kind: 'done' };
    const { expiresAtMs, approvals = 0, needs = minApprovals } = opened ?? {};
    const isOver = expiresAtMs !== undefined && nowMs >= expiresAtMs;
    const has = `${approvals} of ${needs} ${needs === 1 ? 'approval' : 'approvals'}`;
    if (isOver && onTimeout === 'Abort')
      return { kind: 'failed', reason: 'GateExpired', message: `gate "${name}" had ${has} when its time was over` };
    const asks = `gate "${name}" has ${has}${message === '' ? '' : `: ${message}`}`;
    const over = isOver ? `; its time was over at ${isoOf(expiresAtMs)}, ${stillWaits}` : '';
    return {
      kind: 'gate',
      name,
      needs,
      timeoutMs: timeout,
      message: `${asks}${over}`,
      isOverdue: isOver,
    };
  },
});

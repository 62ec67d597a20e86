import { sha256Hex } from '../../lib/index.ts';

/** Which gate a button or a command stands for: bound to one revision and attempt, so that an old message cannot approve a new release. */
export interface GateRef {
  readonly namespace: string;
  readonly rollout: string;
  readonly gate: string;
  /** A print of the gate's id: two gates of one attempt may have one name. */
  readonly print: string;
  readonly revision: string;
  readonly attempt: number;
}

export type ButtonAction = 'approve' | 'reject';

export const printOf = (gateId: string): string => sha256Hex(gateId).slice(0, 10);

/** Discord's `custom_id` has room for 100 characters. */
const longest = 100;

/** `sluice|approve|shop|web|qa|0123456789|7c9d2f41aa|1`; undefined where it would be too long for any channel. None of the parts may hold a bar. */
export function encodeButton(action: ButtonAction, ref: GateRef, limit = longest): string | undefined {
  const text = ['sluice', action, ref.namespace, ref.rollout, ref.gate, ref.print, ref.revision, String(ref.attempt)].join('|');
  return text.length <= limit ? text : undefined;
}

const name = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

export function decodeButton(text: string): { readonly action: ButtonAction; readonly ref: GateRef } | undefined {
  if (text.length > 1000) return undefined;
  const [mark, action, namespace = '', rollout = '', gate = '', print = '', revision = '', count = '', ...rest] = text.split('|');
  if (mark !== 'sluice' || (action !== 'approve' && action !== 'reject') || rest.length > 0) return undefined;
  if (![namespace, rollout, gate, revision].every((part) => name.test(part))) return undefined;
  if (!/^[0-9a-f]{10}$/.test(print) || !/^[1-9][0-9]{0,6}$/.test(count)) return undefined;
  return { action, ref: { namespace, rollout, gate, print, revision, attempt: Number(count) } };
}

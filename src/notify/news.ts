import type { Card } from '../core/chat/index.ts';
import { gateCard, printOf } from '../core/chat/index.ts';
import type { Condition, RolloutStatus } from '../core/rollout.ts';
import { sparkline } from './sparkline.ts';

/** What is worth a person's attention, read from status alone: a new leader finds the same. */

export const newsKinds = ['started', 'gate', 'waiting', 'rolledBack', 'promoted', 'stuck'] as const;
export type NewsKind = (typeof newsKinds)[number];

export interface Observed {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly status: RolloutStatus;
}

/** What a metric of an analysis measured, for the plot beside a rollback. */
export interface Series {
  readonly metric: string;
  readonly values: readonly number[];
}

export interface News {
  readonly kind: NewsKind;
  /** Within the attempt. */
  readonly key: string;
  /** `uid/revision/attempt/key`: the same however often it is sent. */
  readonly id: string;
  /** Changes where the message is to be changed. */
  readonly version: string;
  /** Changes where a new message is worth it, for channels that cannot change one. */
  readonly state: string;
  readonly atMs: number;
  readonly namespace: string;
  readonly rollout: string;
  readonly uid: string;
  readonly revision: string;
  readonly attempt: number;
  readonly reason: string;
  readonly card: Card;
}

type Draft = Pick<News, 'kind' | 'key' | 'atMs' | 'reason' | 'card'> & Partial<Pick<News, 'version' | 'state'>>;

export type Evidence = (observed: Observed) => readonly Series[];

export function newsOf(observed: Observed, evidence: Evidence = () => []): readonly News[] {
  const { status, namespace, name, uid } = observed;
  const last = status.history?.at(-1);
  const revision = status.canaryRevision ?? last?.revision ?? status.stableRevision;
  if (revision === undefined) return [];
  // After a promotion status has no attempt any more; the memory knows which it was.
  const attempt = status.canaryRevision === undefined ? 0 : (status.attempt ?? 1);
  const drafts = [
    ...started(observed),
    ...gates(observed),
    ...waiting(observed),
    ...rolledBack(observed, evidence),
    ...promoted(observed),
    ...stuck(observed),
  ];
  return drafts.map((draft) => ({
    ...{ version: '', state: '', namespace, rollout: name, uid, revision, attempt },
    ...draft,
    id: `${uid}/${revision}/${attempt}/${draft.key}`,
  }));
}

const titled = ({ namespace, name }: Observed, text: string): string => `${namespace}/${name}: ${text}`;
const release = ({ canaryRevision = '', attempt = 1 }: RolloutStatus): string => `revision ${canaryRevision}, attempt ${attempt}`;

function started(observed: Observed): readonly Draft[] {
  const { status } = observed;
  if (status.canaryRevision === undefined || status.run === undefined) return [];
  const lines = [release(status), ...(status.stableRevision === undefined ? [] : [`in place of ${status.stableRevision}`])];
  return [
    {
      kind: 'started',
      key: 'started',
      atMs: Date.parse(status.run.startedAt),
      reason: 'Progressing',
      card: { tone: 'info', title: titled(observed, 'a release begins'), lines },
    },
  ];
}

function gates(observed: Observed): readonly Draft[] {
  const { status } = observed;
  if (status.canaryRevision === undefined) return [];
  return (status.gates ?? []).map((gate) => ({
    kind: 'gate',
    key: `gate/${printOf(gate.id)}`,
    atMs: Date.parse(gate.openedAt),
    version: `${gate.state}/${gate.approvals.length}`,
    state: gate.state,
    reason: gate.state === 'Open' ? 'AwaitingDecision' : `Gate${gate.state}`,
    card: gateCard(observed, status, gate),
  }));
}

/** A pause that a person has to end, with no gate to press a button at. */
function waiting(observed: Observed): readonly Draft[] {
  const { status } = observed;
  const ready = find(status, 'Ready');
  const isAtGate = (status.gates ?? []).some(({ state }) => state === 'Open');
  if (isAtGate || ready === undefined || (ready.reason !== 'AwaitingDecision' && ready.reason !== 'AnalysisInconclusive')) return [];
  const lines = [release(status), status.message ?? ready.message, `resume ${observed.namespace}/${observed.name}`];
  const key = `waiting/${status.step?.label ?? ''}/${ready.reason}`;
  return [
    {
      kind: 'waiting',
      key,
      atMs: Date.parse(ready.lastTransitionTime),
      reason: ready.reason,
      card: { tone: 'wait', title: titled(observed, 'waits for a decision'), lines },
    },
  ];
}

function rolledBack(observed: Observed, evidence: Evidence): readonly Draft[] {
  const { status } = observed;
  if (status.abort === undefined) return [];
  const { reason, message, at } = status.abort;
  const plot = evidence(observed)
    .slice(0, 4)
    .map(({ metric, values }) => `${metric} ${sparkline(values)} ${values.at(-1) ?? ''}`)
    .join('   ');
  const lines = [release(status), `${message} (${reason})`, `traffic is with ${status.stableRevision ?? 'the stable revision'}`];
  const card: Card = { tone: 'bad', title: titled(observed, 'rolled back'), lines, ...(plot === '' ? {} : { plot }) };
  return [{ kind: 'rolledBack', key: 'rolledBack', atMs: Date.parse(at), reason, card }];
}

function promoted(observed: Observed): readonly Draft[] {
  const { status } = observed;
  const last = status.history?.at(-1);
  if (status.canaryRevision !== undefined || last?.outcome !== 'Promoted') return [];
  const card: Card = {
    tone: 'good',
    title: titled(observed, 'promoted'),
    lines: [`revision ${last.revision} has all traffic`, `begun ${last.startedAt}, promoted ${last.finishedAt}`],
  };
  // One revision may be promoted twice, after an undo.
  return [{ kind: 'promoted', key: `promoted/${last.finishedAt}`, atMs: Date.parse(last.finishedAt), reason: 'Promoted', card }];
}

function stuck(observed: Observed): readonly Draft[] {
  const { status } = observed;
  if (status.abort !== undefined || status.phase === 'Terminating') return [];
  const stalled = find(status, 'Stalled');
  const weight = find(status, 'WeightConfirmed');
  const held =
    stalled?.status === 'True' ? stalled : weight?.status === 'False' && weight.reason === 'WeightNotApplied' ? weight : undefined;
  if (held === undefined) return [];
  const lines = [...(status.canaryRevision === undefined ? [] : [release(status)]), held.message];
  return [
    {
      kind: 'stuck',
      key: `stuck/${held.reason}`,
      atMs: Date.parse(held.lastTransitionTime),
      reason: held.reason,
      card: { tone: 'bad', title: titled(observed, `is stuck: ${held.reason}`), lines },
    },
  ];
}

const find = ({ conditions }: RolloutStatus, type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type);

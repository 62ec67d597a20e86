import type { ApiObject } from '../../../src/sandbox/api/index.ts';
import type { Law, SeenCommit } from '../play/run.ts';
import { type GateSeen, type StatusChange, statusChange, stepsOf } from './seen.ts';
import { staleMs, type Witness, witnessOf } from './witness.ts';

/** What people decided: at gates, and against a release. */

interface DecisionSeen {
  readonly metadata: ApiObject['metadata'];
  readonly spec: {
    readonly rollout: { readonly uid: string };
    readonly revision: string;
    readonly attempt: number;
    readonly action: string;
    readonly gate?: string;
    readonly subject: string;
  };
  readonly status?: { readonly state?: string };
}

const decisionsIn = (witness: Witness, { rollout }: StatusChange): readonly DecisionSeen[] =>
  witness.list('Decision', rollout.metadata.namespace ?? '').map((object) => object as unknown as DecisionSeen);

/** Made for the try that is under way. */
const isOfThis = ({ spec }: DecisionSeen, { uid, before }: StatusChange): boolean =>
  spec.rollout.uid === uid && spec.revision === before.canaryRevision && spec.attempt === (before.attempt ?? 1);

const gateBefore = ({ before }: StatusChange, { id }: GateSeen): GateSeen | undefined => before.gates?.find((gate) => gate.id === id);

const isStop = ({ spec }: DecisionSeen, gate: string): boolean =>
  spec.action === 'Abort' || (spec.action === 'Reject' && spec.gate === gate);

/** Gates that this change opens the way at. */
const approvedBy = (change: StatusChange): readonly GateSeen[] =>
  (change.after.gates ?? []).filter((gate) => gate.state === 'Approved' && gateBefore(change, gate)?.state !== 'Approved');

export const approvalsCountOnce: Law = {
  id: 'I24',
  text: 'An approval that counts is a Decision of that gate, Rollout, revision and attempt, by that subject, made after the gate opened; and it counts at one opening only.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const consumed = new Map<string, string>();
    function wrong(change: StatusChange, gate: GateSeen, approval: NonNullable<GateSeen['approvals']>[number]): string | undefined {
      const made = decisionsIn(witness, change).find(({ metadata }) => metadata.name === approval.decision);
      const what = `the approval of ${approval.subject} at gate ${gate.name}`;
      if (made === undefined) return `${what} is no Decision`;
      const { action, gate: of, subject } = made.spec;
      if (action !== 'Approve' || of !== gate.name || subject !== approval.subject || !isOfThis(made, change))
        return `${what} is Decision ${approval.decision}, which is about something else`;
      const used = consumed.get(made.metadata.uid);
      consumed.set(made.metadata.uid, gate.id);
      return used === undefined || used === gate.id ? undefined : `${what} counted at another opening already`;
    }
    return {
      onCommit(commit) {
        const change = statusChange(commit);
        const news = (change?.after.gates ?? []).flatMap((gate) => {
          const known = new Set(change === undefined ? [] : gateBefore(change, gate)?.approvals?.map(({ decision }) => decision));
          return (gate.approvals ?? []).filter(({ decision }) => !known.has(decision)).map((approval) => ({ gate, approval }));
        });
        if (change === undefined || news.length === 0) return undefined;
        return judge(news.map(({ gate, approval }) => wrong(change, gate, approval)).find((one) => one !== undefined));
      },
    };
  },
};

export const stopsWin: Law = {
  id: 'I25',
  text: 'A Reject or Abort that was stored before an approval was consumed, longer ago than a watch lags, wins: no gate is approved over it.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const madeMs = new Map<string, number>();
    const note = ({ type, object, atMs }: SeenCommit) => {
      if (object.kind === 'Decision' && type === 'ADDED') madeMs.set(object.metadata.uid, atMs);
    };
    return {
      onCommit(commit) {
        note(commit);
        const change = statusChange(commit);
        const [gate] = change === undefined ? [] : approvedBy(change);
        if (change === undefined || gate === undefined) return undefined;
        const stop = decisionsIn(witness, change).find(
          (decision) =>
            isStop(decision, gate.name) &&
            isOfThis(decision, change) &&
            decision.status?.state === undefined &&
            (madeMs.get(decision.metadata.uid) ?? Number.POSITIVE_INFINITY) + staleMs(run) < change.sentMs,
        );
        return judge(stop === undefined ? undefined : `gate ${gate.name} is approved over ${stop.spec.action} ${stop.metadata.name}`);
      },
    };
  },
};

export const recordedBeforeDone: Law = {
  id: 'I26',
  text: 'The record of a decision is durable before its effect: an abort in a person’s name has a Decision that was stored before, and no Decision is answered Accepted before the Rollout says that it was followed.',
  watch(run, judge) {
    const witness = witnessOf(run);
    return {
      onCommit(commit) {
        const { object, previous, by } = commit;
        if (object.kind === 'Decision' && by !== undefined) {
          const [is, was] = [object, previous].map((one) => (one as unknown as DecisionSeen | undefined)?.status?.state);
          if (is !== 'Accepted' || was === is) return undefined;
          const { rollout } = (object as unknown as { spec: { rollout: { name: string } } }).spec;
          const { status } = (witness.get('Rollout', `${object.metadata.namespace}/${rollout.name}`) ?? {}) as {
            status?: { followed?: readonly { uid: string }[] };
          };
          const isNoted = status?.followed?.some(({ uid }) => uid === object.metadata.uid) === true;
          return judge(isNoted ? undefined : `Decision ${object.metadata.name} is Accepted, and the Rollout does not know of it`);
        }
        const change = statusChange(commit);
        const reason = change?.after.abort?.reason;
        if (change === undefined || change.before.abort !== undefined || (reason !== 'AbortedByDecision' && reason !== 'RejectedAtGate'))
          return undefined;
        const made = decisionsIn(witness, change).some(
          (decision) => isOfThis(decision, change) && /Abort|Reject|Undo/.test(decision.spec.action),
        );
        return judge(made ? undefined : `${reason}, and no Decision says so`);
      },
    };
  },
};

export const quorum: Law = {
  id: 'I27',
  text: 'A gate is approved by as many different people as its step asks for, each counted once. (Excluding a requester is not configurable.)',
  watch: (_, judge) => ({
    onCommit(commit) {
      const change = statusChange(commit);
      const [gate] = change === undefined ? [] : approvedBy(change);
      if (change === undefined || gate === undefined) return undefined;
      const people = new Set(gate.approvals?.map(({ subject }) => subject)).size;
      const asked = stepsOf(change.rollout).find((step) => step.gate === gate.name)?.approvals ?? gate.needs;
      return judge(people >= asked ? undefined : `gate ${gate.name} is approved by ${people} of ${asked}`);
    },
  }),
};

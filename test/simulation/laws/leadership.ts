import type { Law, SeenCommit } from '../play/run.ts';
import { PerKey, type RolloutSeen } from './seen.ts';
import { witnessOf } from './witness.ts';

/** What a process does before it leads, or whether it leads or not. */
const anybodys = new Set(['Lease', 'Namespace', 'Event']);

export const oneLeaderWrites: Law = {
  id: 'I28',
  text:
    'Whoever writes has held the lease, and after a write to an object by the holder of a later lease none of an earlier holder to that object is stored. A process that somebody told to do without an election ' +
    '(`--leader-election=false`, perhaps beside others) writes as if it were alone: resourceVersions are all that is between them (I29), and the epoch that it finds stays.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const last = new PerKey<{ epoch: number; identity: string }>(() => ({ epoch: Number.NEGATIVE_INFINITY, identity: '' }));
    return {
      onCommit(commit) {
        const { object, key, by } = commit;
        if (by === undefined || anybodys.has(object.kind)) return undefined;
        const { identity, isElected } = by.replica;
        if (!isElected) return judge(loweredEpoch(commit));
        const epoch = witness.epochOf(identity);
        if (epoch === undefined) return judge(`${identity} writes ${object.kind} ${key} and has never held the lease`);
        const state = last.of(`${object.kind} ${key}`);
        if (epoch < state.epoch)
          return judge(`${identity} (epoch ${epoch}) writes ${object.kind} ${key} after ${state.identity} (epoch ${state.epoch})`);
        state.epoch = epoch;
        state.identity = identity;
        return judge(undefined);
      },
    };
  },
};

function loweredEpoch({ object, previous, key, type, by }: SeenCommit): string | undefined {
  const [was, is] = [epochIn(previous), epochIn(object)];
  const isLowered = type !== 'DELETED' && was !== undefined && (is ?? 0) < was;
  return isLowered ? `${by?.replica.identity} lowers the epoch of ${object.kind} ${key} from ${was} to ${is ?? 0}` : undefined;
}

/** Of a Rollout's status, or of the stamp of a split. */
function epochIn(object: SeenCommit['previous']): number | undefined {
  const text = object?.metadata.annotations?.['sluice.dev/epoch'];
  return (object as unknown as RolloutSeen | undefined)?.status?.epoch ?? (text === undefined ? undefined : Number(text));
}

const abruptMs = 17_000;
const gracefulMs = 2_000;
/** A look at the lease comes up to a fifth later than every two seconds, and takes its way there and back. */
const jitterMs = 500;

export const quickFailOver: Law = {
  id: 'L7',
  text:
    'When the leader ends, another process holds the lease within its duration and one retry (17 s), counted from when there was one to take it that does not stand still; within 2 s where the leader was told to stop and gave it back. ' +
    'Whoever asks for it by then and is refused (an admission webhook, a quota) has it within 2 s of when it, or another one, asked last. Not judged where the API server, a clock or the lease itself was disturbed.',
  watch(run, judge) {
    let holder = '';
    let ended: { readonly atMs: number; readonly isGraceful: boolean } | undefined;
    /** When those who came asked for it since. */
    let asked: number[] = [];
    /** Since when a process could have looked at the lease: its start, or when it went on. */
    const awake = new Map<string, number>();
    const isDisturbed = () => disturbing.some((kind) => (run.strikes[kind] ?? 0) > 0);

    /** Since when one of those who live now could have looked at the lease. */
    function candidateSinceMs(): number | undefined {
      const candidates = run.replicas().filter(({ identity, time }) => identity !== holder && !time.isFrozen);
      return candidates.length === 0 ? undefined : Math.min(...candidates.map(({ identity }) => awake.get(identity) ?? run.elapsedMs()));
    }

    /** By when somebody has to have it. */
    function dueMs(sinceMs: number, isGraceful: boolean): number {
      const firstMs = sinceMs + (isGraceful ? gracefulMs : abruptMs) + jitterMs;
      return asked.reduce((due, atMs) => (atMs <= due ? Math.max(due, atMs + gracefulMs + jitterMs) : due), firstMs);
    }

    function look(): void {
      const { replicas } = run.sim;
      for (const { identity, time, ended: endedAs } of replicas) {
        if (time.isFrozen || endedAs() !== undefined) awake.delete(identity);
        else if (!awake.has(identity)) awake.set(identity, run.elapsedMs());
      }
      if (holder === '' || ended !== undefined) return;
      const how = replicas.find(({ identity }) => identity === holder)?.ended();
      if (how !== undefined) ended = { atMs: run.elapsedMs(), isGraceful: false };
    }
    return {
      onEvent() {
        look();
        return undefined;
      },
      onCall({ sort, request, replica, sentMs }) {
        if (ended !== undefined && sort === 'effect' && replica.identity !== holder && request.path.includes('/leases')) asked.push(sentMs);
        return undefined;
      },
      onCommit({ object, atMs }) {
        if (object.kind !== 'Lease') return undefined;
        const { holderIdentity: next = '' } = object.spec as { holderIdentity?: string };
        if (next === holder) return undefined;
        look();
        // Given back: the next look of another one takes it.
        if (next === '') {
          ended = { atMs, isGraceful: true };
          return undefined;
        }
        const since = candidateSinceMs();
        const [before, was] = [holder, ended];
        const due = was === undefined || since === undefined ? undefined : dueMs(Math.max(was.atMs, since), was.isGraceful);
        holder = next;
        ended = undefined;
        asked = [];
        if (before === '' || was === undefined || since === undefined || due === undefined || isDisturbed()) return undefined;
        const tookMs = atMs - Math.max(was.atMs, since);
        return judge(atMs > due ? `${next} has the lease ${Math.round(tookMs)} ms after ${before} had ended` : undefined);
      },
    };
  },
};

const disturbing = ['F3', 'F4', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F18', 'F19'];

import type { Law, SeenCommit } from '../play/run.ts';
import { PerKey } from './seen.ts';
import { witnessOf } from './witness.ts';

/** What a process does before it leads, or whether it leads or not. */
const anybodys = new Set(['Lease', 'Namespace', 'Event']);

export const oneLeaderWrites: Law = {
  id: 'I28',
  text: 'Whoever writes has held the lease, and after a write to an object by the holder of a later lease none of an earlier holder to that object is stored.',
  watch(run, judge) {
    const witness = witnessOf(run);
    const last = new PerKey<{ epoch: number; identity: string }>(() => ({ epoch: Number.NEGATIVE_INFINITY, identity: '' }));
    return {
      onCommit({ object, key, by }: SeenCommit) {
        if (by === undefined || anybodys.has(object.kind)) return undefined;
        const { identity } = by.replica;
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

const abruptMs = 17_000;
const gracefulMs = 2_000;
/** A look at the lease comes up to a fifth later than every two seconds, and takes its way there and back. */
const jitterMs = 500;

export const quickFailOver: Law = {
  id: 'L7',
  text:
    'When the leader ends, another process holds the lease within its duration and one retry (17 s), counted from when there was one to take it; within 2 s where the leader was told to stop and gave it back. ' +
    'Not judged where the API server, a clock or the lease itself was disturbed.',
  watch(run, judge) {
    let holder = '';
    let ended: { readonly atMs: number; readonly isGraceful: boolean } | undefined;
    const born = new Map<string, number>();
    const isDisturbed = () => disturbing.some((kind) => (run.strikes[kind] ?? 0) > 0);

    /** Since when one of those who live now could have looked at the lease. */
    function candidateSinceMs(): number | undefined {
      const since = run.replicas().flatMap(({ identity }) => (identity === holder ? [] : [born.get(identity) ?? run.elapsedMs()]));
      return since.length === 0 ? undefined : Math.min(...since);
    }

    function look(): void {
      const { replicas } = run.sim;
      for (let at = born.size; at < replicas.length; at += 1) born.set(replicas[at]?.identity ?? '', run.elapsedMs());
      if (holder === '' || ended !== undefined) return;
      const how = replicas.find(({ identity }) => identity === holder)?.ended();
      if (how !== undefined) ended = { atMs: run.elapsedMs(), isGraceful: false };
    }
    return {
      onEvent() {
        look();
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
        holder = next;
        ended = undefined;
        if (before === '' || was === undefined || since === undefined || isDisturbed()) return undefined;
        const tookMs = atMs - Math.max(was.atMs, since);
        const boundMs = (was.isGraceful ? gracefulMs : abruptMs) + jitterMs;
        return judge(tookMs > boundMs ? `${next} has the lease ${Math.round(tookMs)} ms after ${before} had ended` : undefined);
      },
    };
  },
};

const disturbing = ['F3', 'F4', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F18', 'F19'];

import type { Routes } from './child.ts';

/** One that asks asks again every 200 ms; who has not for this long has gone. */
const patienceMs = 5_000;

/**
 * Many scenarios at once, or one test that concerns the whole cluster. Taken by asking again. Newcomers wait for an exclusive one that
 * waits, or in a long run its turn would never come; so no test may hold two scenarios.
 */
export function lock(): Routes {
  const shared = new Set<string>();
  const waiting = new Map<string, number>();
  let exclusive: string | undefined;
  const isAwaited = () => [...waiting.values()].some((askedAt) => Date.now() - askedAt < patienceMs);
  return {
    'lock/try': ({ kind, holder }) => {
      const id = String(holder);
      if (kind === 'exclusive') waiting.set(id, Date.now());
      if (exclusive !== undefined || (kind === 'exclusive' ? shared.size > 0 : isAwaited())) return false;
      waiting.delete(id);
      if (kind === 'exclusive') exclusive = id;
      else shared.add(id);
      return true;
    },
    'lock/release': ({ holder }) => {
      shared.delete(String(holder));
      if (exclusive === holder) exclusive = undefined;
    },
    /** A process was killed, and whatever it held with it. */
    'lock/forget': ({ pid }) => {
      const isIts = (holder: string) => holder.startsWith(`${String(pid)}/`);
      for (const holder of [...shared].filter(isIts)) shared.delete(holder);
      if (exclusive !== undefined && isIts(exclusive)) exclusive = undefined;
    },
  };
}

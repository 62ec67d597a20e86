import type { Routes } from './child.ts';

/** Many scenarios at once, or one test that concerns the whole cluster. Taken by asking again; a newcomer never waits for a waiting one. */
export function lock(): Routes {
  const shared = new Set<string>();
  let exclusive: string | undefined;
  return {
    'lock/try': ({ kind, holder }) => {
      const id = String(holder);
      if (exclusive !== undefined || (kind === 'exclusive' && shared.size > 0)) return false;
      if (kind === 'exclusive') exclusive = id;
      else shared.add(id);
      return true;
    },
    'lock/release': ({ holder }) => {
      shared.delete(String(holder));
      if (exclusive === holder) exclusive = undefined;
    },
  };
}

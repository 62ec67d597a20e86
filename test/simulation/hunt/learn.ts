import { isObject } from '../../../src/lib/index.ts';
import type { ApiRequest } from '../../../src/sandbox/api/index.ts';
import type { Plan } from '../play/plan.ts';
import { play } from '../play/play.ts';
import type { Law } from '../play/run.ts';
import type { Learned } from './job.ts';

/** Plays a plan and notes what its effects, reads and events are. */
export async function learn(plan: Plan): Promise<Learned> {
  const effects: string[] = [];
  const reads: string[] = [];
  const events: string[] = [];
  const recorder: Law = {
    id: 'recorder',
    text: 'Notes what happens.',
    watch(run) {
      run.hook({
        onEvent({ event }) {
          events.push(`${event.type} ${isObject(event.object) ? String(event.object.kind) : ''}`);
          return undefined;
        },
      });
      return {
        onCall({ sort, request }) {
          if (sort === 'effect') effects.push(whatOf(request));
          if (sort === 'read') reads.push(whatOf(request));
          return undefined;
        },
      };
    },
  };
  const { size } = await play(plan, { laws: [recorder], restMs: 1_000 });
  return { plan, effects, reads, events, lengthMs: size.lengthMs };
}

/** `PATCH rollouts/status web`: verb, resource and object, by which requests of the same sort are told. */
function whatOf({ method, path }: ApiRequest): string {
  const parts = path.split('/').filter((part) => part !== '');
  const inGroup = parts.slice(parts[0] === 'api' ? 2 : 3);
  const isNamespaced = inGroup[0] === 'namespaces' && inGroup.length > 2;
  const [plural = '', name = '', subresource] = isNamespaced ? inGroup.slice(2) : inGroup;
  return `${method} ${plural}${subresource === undefined ? '' : `/${subresource}`} ${name}`.trim();
}

/** Leases are renewed and Events told over and over: the first few of each sort stand for the others. All else counts each time. */
export function points(seen: readonly string[], first = 4): readonly number[] {
  const counts = new Map<string, number>();
  return seen.flatMap((what, index) => {
    if (what.startsWith('BOOKMARK')) return [];
    if (!/ (leases|events)\b/.test(what)) return [index];
    const count = counts.get(what) ?? 0;
    counts.set(what, count + 1);
    return count < first ? [index] : [];
  });
}

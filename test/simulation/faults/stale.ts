import type { ApiPort } from '../../../src/sandbox/api/index.ts';
import type { Replica } from '../../../src/simulation/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Run, SeenCall } from '../play/run.ts';
import { atAnyTime, atRead, between, during, isAt, numberOf, onceStruck, oneOf, textOf } from './kit.ts';

/** Another front end of the API server, so many writes behind what is stored. Writes that come by it are done at once, as by all of them. */
function frontEndOf(run: Run, behind: number): ReturnType<Run['sandbox']['server']['frontEnd']> {
  const front = run.sandbox.server.frontEnd();
  front.end.lag = behind;
  return front;
}

/** F4: reads and watches of a server that has not read everything yet. */
export const staleReads: readonly Fault[] = [
  {
    ...{ name: 'read-stale', kind: 'F4', text: 'one read is served by a front end that is some writes behind' },
    draw: (random, size) => ({ at: atRead(random, size), with: { behind: between(random, 1, 20) } }),
    arm(planned, run) {
      const { at } = planned;
      const behind = numberOf(planned, 'behind', 1);
      const front = frontEndOf(run, behind);
      run.hook({
        onRoute(call) {
          if (run.isHealed || !('read' in at) || !isAt(planned, call)) return undefined;
          if (front.end.seen < run.sandbox.server.store.revision) run.struck(planned);
          return front.port;
        },
      });
    },
  },
  {
    ...{
      name: 'front-lags',
      kind: 'F4',
      text: 'a front end stops reading the store: lists and watches through it fall some writes behind',
    },
    draw: (random, size) => ({
      at: atAnyTime(random, size),
      with: { forMs: between(random, 5_000, 60_000), behind: between(random, 1, 40), whose: oneOf(random, ['leader', 'all']) },
    }),
    arm(planned, run) {
      // Each pod behind one of its own, from the start, so that nothing but the lag changes when it strikes.
      const fronts = new Map<string, ReturnType<typeof frontEndOf>>();
      const frontOf = (name: string) => {
        const front = fronts.get(name) ?? frontEndOf(run, 0);
        fronts.set(name, front);
        return front;
      };
      run.hook({ onRoute: ({ replica }) => frontOf(replica.name).port });
      during(planned, run, () => {
        const chosen = chosenReplicas(planned, run);
        if (chosen.length === 0) return undefined;
        run.struck(planned);
        for (const { name } of chosen) frontOf(name).end.lag = numberOf(planned, 'behind', 10);
        return () => {
          for (const { end } of fronts.values()) end.lag = 0;
        };
      });
    },
  },
  {
    ...{
      name: 'time-travel',
      kind: 'F4',
      text: 'the connections of a process break, and it comes to an older front end: what it knew already is yet to happen',
    },
    draw: (random, size) => ({
      at: atAnyTime(random, size),
      with: { forMs: between(random, 5_000, 60_000), behind: between(random, 1, 60), whose: oneOf(random, ['leader', 'all']) },
    }),
    arm(planned, run) {
      let older: { readonly port: ApiPort; readonly chosen: ReadonlySet<string> } | undefined;
      const hit = onceStruck(planned, run);
      const front = frontEndOf(run, numberOf(planned, 'behind', 10));
      run.hook({
        onRoute({ replica }: SeenCall) {
          if (older === undefined || !older.chosen.has(replica.name)) return undefined;
          if (front.end.seen < run.sandbox.server.store.revision) hit();
          return older.port;
        },
      });
      during(planned, run, () => {
        const chosen = chosenReplicas(planned, run);
        if (chosen.length === 0) return undefined;
        older = { port: front.port, chosen: new Set(chosen.map(({ name }) => name)) };
        cutAll(chosen);
        return () => {
          older = undefined;
          // Only whoever connects anew comes to another.
          cutAll(run.replicas());
        };
      });
    },
  },
];

function chosenReplicas(planned: PlannedFault, run: Run): readonly Replica[] {
  if (textOf(planned, 'whose', 'all') === 'all') return run.replicas();
  const leader = run.leader();
  return leader === undefined ? [] : [leader];
}

const cutAll = (replicas: readonly Replica[]): void => {
  for (const replica of replicas) for (const watch of replica.watches()) watch.cut('reset');
};

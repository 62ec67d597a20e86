import type { Random } from '../../../src/lib/index.ts';
import { type Pod, resources } from '../../../src/sandbox/objects/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Run, Size } from '../play/run.ts';
import { atAnyTime, between, during, numberOf, onceStruck, oneOf, textOf } from './kit.ts';
import { podsOf } from './target.ts';

const draw = (random: Random, size: Size): Omit<PlannedFault, 'fault'> => ({
  at: atAnyTime(random, size),
  with: { who: oneOf(random, ['canary', 'stable']), count: between(random, 1, 4), forMs: between(random, 5_000, 120_000) },
});

function chosen(planned: PlannedFault, run: Run): readonly Pod[] {
  const pods = podsOf(run, textOf(planned, 'who', 'canary') === 'stable' ? 'stable' : 'canary');
  return pods.slice(0, numberOf(planned, 'count', 1));
}

/** Some pods of stable or of the canary. */
const pods = (name: string, text: string, strike: (pod: Pod, run: Run) => (() => void) | undefined): Fault => ({
  ...{ name, kind: 'F14', text, mayAbort: true, mayLose: true, draw },
  arm(planned, run) {
    during(planned, run, () => {
      const struck = chosen(planned, run);
      if (struck.length === 0) return undefined;
      run.struck(planned);
      const ends = struck.map((pod) => strike(pod, run));
      return () => {
        for (const end of ends) end?.();
      };
    });
  },
});

/** Running pods behave otherwise, until the end. */
const behaving = (name: string, text: string, behaviour: Readonly<Record<string, string>>): Fault =>
  pods(name, text, ({ metadata }, { sandbox }) => {
    sandbox.faults.behave(metadata, behaviour);
    const before = Object.fromEntries(Object.keys(behaviour).map((key) => [key, metadata.annotations?.[`bed.sluice.dev/${key}`] ?? null]));
    return () => sandbox.faults.behave(metadata, before);
  });

export const podFaults: readonly Fault[] = [
  behaving('pods-unready', 'pods that were ready are not any more', { 'never-ready': 'true' }),
  behaving('pods-crash-loop', 'pods crash a second after each start', { 'crash-loop': 'true' }),
  behaving('pods-end-slowly', 'pods that are told to end serve on for twenty seconds', { 'shutdown-grace-ms': '20000' }),
  pods('pods-crash', 'the programs of pods end with an error, once', ({ metadata }, { sandbox }) => {
    sandbox.faults.crash(metadata);
    return undefined;
  }),
  pods('pods-evicted', 'pods are evicted: their node needs the room', ({ metadata }, { sandbox }) => {
    sandbox.faults.evict(metadata);
    return undefined;
  }),
  pods(
    'node-lost',
    'the node of pods is lost: they are not ready after forty seconds, deleted after five minutes; the node may come back',
    ({ metadata }, { sandbox }) => {
      sandbox.faults.loseNode(metadata);
      return () => sandbox.faults.recoverNode(metadata);
    },
  ),
  {
    ...{ name: 'pods-never-ready', kind: 'F14', mayAbort: true, mayLose: true },
    text: 'pods that are made meanwhile never become ready',
    draw,
    arm(planned, run) {
      during(planned, run, () => {
        const hit = onceStruck(planned, run);
        const remove = run.sandbox.faults.admit((request) => {
          if (request.method !== 'POST' || !/\/namespaces\/[^/]+\/pods$/.test(request.path)) return undefined;
          const pod = request.body as { readonly metadata?: { readonly annotations?: object } };
          hit();
          const annotations = { ...pod.metadata?.annotations, 'bed.sluice.dev/never-ready': 'true', [mark]: 'true' };
          return { ...request, body: { ...pod, metadata: { ...pod.metadata, annotations } } };
        });
        return () => {
          remove();
          // The workload's own as well, which a deletion brings back.
          for (const { metadata } of run.sandbox.client.list(resources.pods, { namespace: run.subject.namespace }))
            if (metadata.annotations?.[mark] === 'true') run.sandbox.faults.behave(metadata, { 'never-ready': null });
        };
      });
    },
  },
  {
    ...{ name: 'quota-denies', kind: 'F14', mayAbort: true, mayLose: true },
    text: 'a quota denies all further pods',
    draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 10_000, 200_000) } }),
    arm(planned, run) {
      during(planned, run, () => {
        run.struck(planned);
        const { namespace } = run.subject;
        run.sandbox.faults.quota(namespace, 0);
        return () => run.sandbox.faults.quota(namespace, undefined);
      });
    },
  },
];

const mark = 'faults.example/struck';

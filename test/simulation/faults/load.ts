import type { Random } from '../../../src/lib/index.ts';
import { resources } from '../../../src/sandbox/objects/index.ts';
import type { PlannedFault } from '../play/plan.ts';
import type { Fault, Run } from '../play/run.ts';
import { rollouts } from '../play/settled.ts';
import { atAnyTime, between, during, numberOf, oneOf, textOf } from './kit.ts';
import { at, createAs, deleteAs, patchAs } from './target.ts';

/** F18: whom the controller has to look after beside the one Rollout that is watched. */
const beside = (
  name: string,
  text: string,
  more: (random: Random) => NonNullable<PlannedFault['with']>,
  begin: (run: Run, planned: PlannedFault) => (() => void) | undefined,
): Fault => ({
  ...{ name, kind: 'F18', text },
  draw: (random, size) => ({ at: atAnyTime(random, size), with: { forMs: between(random, 20_000, 200_000), ...more(random) } }),
  arm(planned, run) {
    during(planned, run, () => {
      const end = begin(run, planned);
      if (end !== undefined) run.struck(planned);
      return end;
    });
  },
});

const namespace = 'crowd';

function crowdOf(run: Run, objects: readonly { readonly name: string; readonly spec: object }[]): (() => void) | undefined {
  createAs(run, 'kubectl', resources.namespaces, { ...{ apiVersion: 'v1', kind: 'Namespace' }, metadata: { name: namespace } as object });
  const made = objects.filter(({ name, spec }) =>
    createAs(run, 'kubectl', rollouts, {
      ...{ apiVersion: 'sluice.dev/v1alpha1', kind: 'Rollout', spec },
      metadata: { namespace, name } as { namespace: string },
    }),
  );
  if (made.length === 0) return undefined;
  return () => {
    for (const { name } of made) deleteAs(run, 'kubectl', rollouts, { namespace, name });
  };
}

const plain = (name: string, more: object = {}): object => ({
  ...{ workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, replicas: 1, service: { name } },
  ...{ traffic: { smi: {} }, strategy: { canary: { steps: [{ setWeight: 50 }] } }, ...more },
});

/** Each of them valid to the API server, and no good. */
const poisons: Readonly<Record<string, object>> = {
  schedule: plain('poison', { windows: [{ kind: 'Deny', schedule: '61 25 * * *', duration: '1h' }] }),
  timeZone: plain('poison', { windows: [{ kind: 'Deny', schedule: '0 1 * * *', duration: '1h', timeZone: 'Mars/Olympus' }] }),
  analysis: plain('poison', { strategy: { canary: { steps: [{ analysis: { templates: [{ name: 'not-there' }] } }] } } }),
};

const hugeSpec = (bytes: number): object => {
  const env = Array.from({ length: 1_400 }, (_, index) => ({ name: `V${index}`, value: 'x'.repeat(Math.floor(bytes / 1_400) - 40) }));
  const template = { metadata: { labels: { app: 'huge' } }, spec: { containers: [{ name: 'huge', image: 'huge:1', env }] } };
  return {
    ...{ template, replicas: 1, service: { name: 'huge' }, traffic: { smi: {} } },
    strategy: { canary: { steps: [{ setWeight: 50 }] } },
  };
};

export const loadFaults: readonly Fault[] = [
  beside(
    'event-storm',
    'hundreds of events in a second, on the root Service itself too',
    (random) => ({ count: between(random, 50, 500) }),
    (run, planned) => {
      const count = numberOf(planned, 'count', 200);
      const ref = at(run, run.subject.service);
      const touch = (value: string | null) =>
        patchAs(run, 'storm', {
          resource: resources.services,
          ref,
          body: { metadata: { annotations: { 'faults.example/storm': value } } },
        });
      if (!touch('0')) return undefined;
      for (let index = 1; index < count; index++)
        run.at(run.elapsedMs() + (index * 1_000) / count, () => {
          if (!run.isHealed) touch(String(index));
        });
      return () => void touch(null);
    },
  ),
  beside(
    'huge-rollout',
    'a Rollout of 1.4 MiB, the most that is stored',
    () => ({ bytes: 1_400_000 }),
    (run, planned) => crowdOf(run, [{ name: 'huge', spec: hugeSpec(numberOf(planned, 'bytes', 1_400_000)) }]),
  ),
  beside(
    'poison-rollout',
    'a Rollout that the API server took and that is no good',
    (random) => ({ what: oneOf(random, ['schedule', 'timeZone', 'analysis']) }),
    (run, planned) => crowdOf(run, [{ name: 'poison', spec: poisons[textOf(planned, 'what', 'schedule')] ?? {} }]),
  ),
  beside(
    'many-rollouts',
    'scores of other Rollouts, and a 410 on every watch, so that all of them are listed again at once',
    (random) => ({ count: between(random, 20, 100) }),
    (run, planned) => {
      const names = Array.from({ length: numberOf(planned, 'count', 50) }, (_, index) => `many-${index}`);
      const end = crowdOf(
        run,
        names.map((name) => ({ name, spec: plain(name) })),
      );
      run.at(run.elapsedMs() + 5_000, () => {
        if (run.isHealed) return;
        for (const replica of run.replicas()) for (const watch of replica.watches()) watch.cut('gone');
      });
      return end;
    },
  ),
];
